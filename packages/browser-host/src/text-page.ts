import type { TextFace, TextRequestInput, TextResult, TextRunOptions } from '@terrace/core/text';
import type { ArgsOf, EventOf, ValueOf } from './calls/messages.js';
import type { BrowserRuntime } from './create-browser-runtime.js';
import { VERSION } from './assets/version.js';
import { whileWaiting } from './page/waiting-page.js';
import { readText } from './page/read-text.js';
import { randomName } from './random-name.js';
import type { TextAskOptions, TextCalls, TextEvent, TextFiles } from './worker/text-protocol.js';

export type { TextFace, TextPlan, TextRequestInput, TextResult, TextRunOptions, TextStep } from '@terrace/core/text';

export interface TextOptions {
  /** The folder with the package's other files, where they do not stand beside this script. Of the page's own origin. */
  readonly assetsUrl?: string | URL;
}

/** A runtime that answers requests for text as well. */
export type BrowserTextRuntime = Omit<BrowserRuntime, keyof TextFace> & {
  readonly [N in Shared]: TextFace[N] & BrowserRuntime[N];
} & Pick<TextFace, 'count'>;

/** What both answer. */
type Shared = keyof TextFace & keyof BrowserRuntime;

/**
 * Answers requests for text, too: those with `task: 'text-generation'` go to what generates, in workers of their own, and
 * all others to the runtime as it is. Its files are loaded with the first of them. Tabs that share the runtime share it.
 */
export function withText(runtime: BrowserRuntime, { assetsUrl }: TextOptions = {}): BrowserTextRuntime {
  const files = assetsUrl === undefined ? ownFiles() : filesIn(`${assetsUrl}/`.replace(/\/+$/, '/'));
  const call = <N extends keyof TextCalls>(
    name: N,
    args: ArgsOf<TextCalls[N]>,
    given: { signal?: AbortSignal | undefined; onEvent?: ((event: EventOf<TextCalls[N]>) => void) | undefined } = {},
  ) => runtime.rare('text', [files, name, args], given as never) as Promise<ValueOf<TextCalls[N]>>;
  const page = randomName();
  let asked = 0;
  const ask = (
    input: TextRequestInput,
    options: TextAskOptions,
    given: Parameters<typeof call<'ask'>>[2],
  ): Promise<TextResult | undefined> => whileWaiting(options.id, () => call('ask', [input, options], given));

  const checker =
    (id: string, { check }: TextRunOptions, signal: AbortSignal | undefined) =>
    async (event: TextEvent): Promise<void> => {
      if (event.kind !== 'check' || !check) return;
      const { checkId, text } = event;
      try {
        await call('checked', [id, checkId, { kind: 'rated', value: await check(text, signal) }]);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        await call('checked', [id, checkId, { kind: 'failed', message }]).catch(() => undefined);
      }
    };

  const text: TextFace = {
    async run(input, options = {}) {
      const { signal, check } = options;
      const id = `${page} ${++asked}`;
      const onEvent = check && checker(id, options, signal);
      return (await ask(input, { id, reads: false, checks: check !== undefined }, { signal, onEvent }))!;
    },
    stream(input, options = {}) {
      const { signal, check } = options;
      const id = `${page} ${++asked}`;
      const wanted = { id, reads: true, checks: check !== undefined };
      return readText(
        (onEvent, over) => {
          const onCheck = checker(id, options, over);
          return ask(input, wanted, { signal: over, onEvent: (event) => (onEvent(event), void onCheck(event)) });
        },
        (steps) => void call('more', [id, steps]).catch(() => undefined),
        signal,
      );
    },
    recommend: (bounds, { signal } = {}) => call('recommend', [bounds], { signal }),
    count: (input, { signal } = {}) => call('count', [input], { signal }),
    prepare: (bounds, { signal, onProgress: onEvent } = {}) => call('prepare', [bounds], { signal, onEvent }),
  };
  const pick =
    (name: Shared) =>
    (input: never, options: never): unknown =>
      ((isText(input) ? text : runtime)[name] as (input: never, options: never) => unknown)(input, options);
  return {
    ...runtime,
    run: pick('run'),
    stream: pick('stream'),
    recommend: pick('recommend'),
    prepare: pick('prepare'),
    count: text.count,
    // Where nothing was asked there is nothing to keep, and nobody to load.
    flush: async () => void (await Promise.all([runtime.flush(), asked > 0 && call('flush', [])])),
  } as BrowserTextRuntime;
}

const isText = (input: unknown): boolean => Object(input)['task'] === 'text-generation';

/** Each URL is written out, because that is what bundlers look for. */
const ownFiles = (): TextFiles => ({
  version: VERSION,
  script: new URL('./text.js', import.meta.url).href,
  worker: new URL('./text-worker.js', import.meta.url).href,
});

const filesIn = (folder: string): TextFiles => ({
  version: VERSION,
  script: new URL('text.js', new URL(folder, document.baseURI)).href,
  worker: new URL('text-worker.js', new URL(folder, document.baseURI)).href,
});
