import { describe, expectTypeOf, it } from 'vitest';
import type { TaskId } from '../catalog/fields.js';
import type { RequestInput } from '../request/parse-request.js';
import type { ClassificationOutput, EmbeddingOutput, Output } from '../tasks/answer.js';
import type { CacheFace } from './cache/response-cache.js';
import type { DocumentsFace } from './documents/documents-face.js';
import type { EconomyFace } from './prompt/with-prompt-economy.js';
import type { Result } from './result.js';
import type { Runtime } from './runtime-interface.js';
import type { Step } from './step.js';
import type { TextResult } from './text/text-result.js';
import type { TextStep } from './text/text-step.js';
import type { TextFace } from './text/with-text.js';

/** As a host puts it together. */
type Whole = Runtime & TextFace & EconomyFace & Omit<CacheFace, 'cache'> & DocumentsFace;

/** One that may not say it is classified then. */
type Maybe = { readonly text: string; readonly task?: 'feature-extraction' };

const text = 'freeze my account';

// The compiler is what checks: nothing of it runs.
describe('a result is of the task that was asked', () => {
  const asked = (runtime: Runtime, whole: Whole, wide: RequestInput, either: TaskId, maybe: Maybe) => {
    expectTypeOf(runtime.run({ text, domain: 'banking77' })).resolves.toEqualTypeOf<Result<'text-classification'>>();
    expectTypeOf(runtime.run({ text, task: undefined })).resolves.toEqualTypeOf<Result<'text-classification'>>();
    expectTypeOf(runtime.run({ text, task: 'text-classification' }))
      .resolves.toHaveProperty('output')
      .toEqualTypeOf<ClassificationOutput>();
    expectTypeOf(runtime.run({ text, task: 'feature-extraction' }))
      .resolves.toHaveProperty('output')
      .toEqualTypeOf<EmbeddingOutput>();
    expectTypeOf(runtime.run(wide)).resolves.toHaveProperty('output').toEqualTypeOf<Output>();
    expectTypeOf(runtime.run({ text, task: either })).resolves.toEqualTypeOf<Result>();
    expectTypeOf(runtime.run(maybe)).resolves.toEqualTypeOf<Result>();
    const kept = { text, domain: 'banking77' };
    expectTypeOf(runtime.run(kept)).resolves.toEqualTypeOf<Result<'text-classification'>>();
    // @ts-expect-error a field that there is not
    void runtime.run({ text, domian: 'banking77' });
    // @ts-expect-error a task that there is not
    void runtime.run({ text, task: 'summarization' });

    expectTypeOf(runtime.stream({ text })).toEqualTypeOf<
      AsyncGenerator<Step<'text-classification'>, Result<'text-classification'>>
    >();
    expectTypeOf(runtime.stream(wide)).toEqualTypeOf<AsyncGenerator<Step, Result>>();

    expectTypeOf(whole.run({ text, domain: 'banking77' })).resolves.toEqualTypeOf<Result<'text-classification'>>();
    expectTypeOf(whole.run({ text, task: 'feature-extraction' })).resolves.toEqualTypeOf<
      Result<'feature-extraction'>
    >();
    expectTypeOf(whole.run({ text, task: 'feature-extraction', cache: { ttlMs: 1 } })).resolves.toEqualTypeOf<
      Result<'feature-extraction'>
    >();
    expectTypeOf(whole.run({ text, task: 'text-generation' })).resolves.toEqualTypeOf<TextResult>();
    expectTypeOf(
      whole.run({ text, task: 'text-generation', documents: { collection: 'manual' } }),
    ).resolves.toEqualTypeOf<TextResult>();
    expectTypeOf(whole.stream({ text, task: 'text-generation' })).toEqualTypeOf<AsyncGenerator<TextStep, TextResult>>();
    expectTypeOf(whole.stream({ text, cache: { ttlMs: 1 } })).toEqualTypeOf<
      AsyncGenerator<Step<'text-classification'>, Result<'text-classification'>>
    >();
  };

  it('by its type alone', () => expectTypeOf(asked).returns.toBeVoid());
});
