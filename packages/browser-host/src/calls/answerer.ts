import { fromEnvelope, toEnvelope } from '@terrace/core/engine';
import type { AnswerMessage, CallMessage, Method, Service } from './messages.js';

/** Makes the calls that others ask for. */
export interface Answerer {
  /** @param reply where the call's events and its outcome go */
  receive(message: CallMessage, reply: (answer: AnswerMessage) => void): void;
}

/** A call that is asked for again while it is under way is not made twice. */
export function createAnswerer<S extends Service<S>>(service: S): Answerer {
  const methods = new Map<string, Method<readonly unknown[], unknown, unknown>>(Object.entries(service));
  const underWay = new Map<string, AbortController | undefined>();

  const answer = async (
    { id, name, args, hears }: Extract<CallMessage, { kind: 'call' }>,
    signal: AbortSignal | undefined,
    reply: (answer: AnswerMessage) => void,
  ): Promise<void> => {
    try {
      const method = methods.get(name);
      if (!method) throw new Error(`there is no call named ${name}`);
      const tell = hears ? (event: unknown): void => reply({ kind: 'event', id, event }) : undefined;
      reply({ kind: 'returned', id, value: await method(args, { signal, tell }) });
    } catch (error) {
      reply({ kind: 'threw', id, error: toEnvelope(error) });
    }
  };

  return {
    receive(message, reply) {
      const key = `${message.from} ${message.id}`;
      if (message.kind === 'abort') return underWay.get(key)?.abort(fromEnvelope(message.reason));
      if (underWay.has(key)) return;
      const control = message.mayAbort ? new AbortController() : undefined;
      underWay.set(key, control);
      void answer(message, control?.signal, reply).finally(() => underWay.delete(key));
    },
  };
}
