import { EngineError } from '@terrace/core/engine';
import type { TextResult, TextStep } from '@terrace/core/text';
import type { TextEvent } from '../worker/text-protocol.js';

/** Steps are told to be read in so many at a time. */
const TOLD_TOGETHER = 32;

/**
 * The steps of a text request as they are asked for, and the result last. Whoever stops asking ends the call.
 * @param ask makes the request
 * @param more tells that so many steps have been read
 */
export async function* readText(
  ask: (onEvent: (event: TextEvent) => void, signal: AbortSignal) => Promise<unknown>,
  more: (steps: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<TextStep, TextResult> {
  // Of a signal that has aborted no event comes any more.
  signal?.throwIfAborted();
  const over = new AbortController();
  const end = (): void => over.abort(signal?.reason);
  signal?.addEventListener('abort', end, { once: true });
  const shown = createShown();
  let steps: TextStep[] = [];
  let read = 0;
  let wake = (): void => undefined;
  let failure: { readonly error: unknown } | undefined;
  const onEvent = (event: TextEvent): void => {
    if (event.kind === 'began') {
      steps = [];
      read = 0;
      shown.repeat();
    } else if (event.kind === 'step') steps.push(event.step);
    wake();
  };
  ask(onEvent, over.signal).catch((error: unknown) => {
    failure = { error };
    wake();
  });
  try {
    for (;;) {
      const next = steps.shift();
      if (!next) {
        if (failure) throw failure.error;
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      if (++read === TOLD_TOGETHER) {
        more(read);
        read = 0;
      }
      const step = shown.add(next);
      if (step) yield step;
      if (next.kind === 'result') return next.result;
    }
  } finally {
    signal?.removeEventListener('abort', end);
    over.abort(new Error('nobody reads the steps any more'));
  }
}

/** What was shown stays: a text that begins anew in another tab is gone on with where it had been, if it is the same. */
function createShown(): { add(step: TextStep): TextStep | undefined; repeat(): void } {
  const texts = new Map<number, string>();
  const repeated = new Map<number, number>();
  return {
    /** @throws EngineError when it contradicts what was shown */
    add(step) {
      if (step.kind !== 'text') return step;
      const { choice, text } = step;
      const before = texts.get(choice) ?? '';
      const at = repeated.get(choice) ?? before.length;
      const again = before.slice(at, at + text.length);
      if (!text.startsWith(again)) throw contradicts();
      if (at + again.length < before.length) repeated.set(choice, at + again.length);
      else repeated.delete(choice);
      const fresh = text.slice(again.length);
      texts.set(choice, before + fresh);
      if (again.length === 0) return step;
      return fresh === '' ? undefined : { ...step, text: fresh };
    },
    repeat() {
      for (const choice of texts.keys()) repeated.set(choice, 0);
    },
  };
}

const contradicts = (): EngineError =>
  new EngineError({
    message: 'The text broke off: the tab that generated it has closed, and the next one would go on otherwise.',
    hint: 'Ask again. With a `seed`, or without a temperature, another tab goes on where one stopped.',
  });
