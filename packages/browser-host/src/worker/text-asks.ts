import { EngineError, type Clock } from '@terrace/core';
import type { TextRuntime } from '@terrace/core/text';
import type { watchWaiting } from '../page/waiting-page.js';
import { STEPS_AHEAD, type Checked, type TextCalls } from './text-protocol.js';

/** A page that reads nothing for so long is gone, or has forgotten it. */
const SILENCE_MS = 60_000;

interface Ask {
  /** Steps that may be told. */
  credit: number;
  wake(): void;
  readonly checks: Map<number, (checked: Checked) => void>;
}

/**
 * Text requests of pages: steps are told no further ahead than they are read, and a page's own look at an answer is
 * asked for there.
 */
export function createTextAsks(
  text: Pick<TextRuntime, 'stream' | 'run'>,
  clock: Pick<Clock, 'sleep'>,
  watch: typeof watchWaiting,
): Pick<TextCalls, 'ask' | 'more' | 'checked'> {
  const asks = new Map<string, Ask>();

  /** @throws EngineError when nobody reads */
  const untilRead = async (ask: Ask, signal: AbortSignal | undefined): Promise<void> => {
    if (ask.credit === 0) {
      const heard = new AbortController();
      ask.wake = () => heard.abort();
      await clock.sleep(SILENCE_MS, signal ? AbortSignal.any([heard.signal, signal]) : heard.signal);
      signal?.throwIfAborted();
      if (!heard.signal.aborted) throw unread();
    }
    ask.credit--;
  };

  return {
    async ask([input, { id, reads, checks }], { signal: asker, tell }) {
      const left = new AbortController();
      const answered = new AbortController();
      watch(id, { signal: answered.signal, onGone: () => left.abort(pageLeft()) });
      const signal = asker ? AbortSignal.any([asker, left.signal]) : left.signal;
      const ask: Ask = { credit: STEPS_AHEAD, wake: () => undefined, checks: new Map() };
      asks.set(id, ask);
      let lastCheck = 0;
      const check = (answer: string): Promise<number> =>
        new Promise((resolve, reject) => {
          const checkId = ++lastCheck;
          ask.checks.set(checkId, (checked) => {
            ask.checks.delete(checkId);
            if (checked.kind === 'rated') resolve(checked.value);
            else reject(new Error(checked.message));
          });
          tell?.({ kind: 'check', checkId, text: answer });
        });
      const options = { signal, ...(checks && { check }) };
      tell?.({ kind: 'began' });
      try {
        if (!reads) return await text.run(input, options);
        const stream = text.stream(input, options);
        try {
          for (;;) {
            const next = await stream.next();
            if (next.done) return undefined;
            await untilRead(ask, signal);
            tell?.({ kind: 'step', step: next.value });
          }
        } finally {
          await stream.return(undefined as never);
        }
      } finally {
        answered.abort();
        asks.delete(id);
      }
    },
    async more([id, steps]) {
      const ask = asks.get(id);
      if (!ask) return;
      ask.credit += steps;
      ask.wake();
    },
    async checked([id, checkId, checked]) {
      asks.get(id)?.checks.get(checkId)?.(checked);
    },
  };
}

const pageLeft = (): EngineError =>
  new EngineError({
    message: 'The text is not generated any further: the tab that asked for it has gone.',
    hint: 'Ask again.',
  });

const unread = (): EngineError =>
  new EngineError({
    message: `The text is not generated any further: nobody has read it for ${SILENCE_MS / 1000} seconds.`,
    hint: 'Read the steps of a stream as they come, or ask again.',
    facts: { silenceMs: SILENCE_MS },
  });
