import { fromEnvelope, toEnvelope, type ErrorEnvelope } from '@terrace/core/engine';
import { transferHandlers, type TransferHandler } from 'comlink';

/**
 * Makes errors cross a worker whole. comlink's own handler keeps name, message and stack only; code,
 * facts, hint and cause would vanish. Both sides call this before the first message.
 */
export function useErrorEnvelope(): void {
  const original = transferHandlers.get('throw');
  if (!original) return;
  const handler: TransferHandler<{ value: unknown }, ErrorEnvelope> = {
    canHandle: (value): value is { value: unknown } => original.canHandle(value),
    serialize: ({ value }) => [toEnvelope(value), []],
    deserialize: (envelope) => {
      throw fromEnvelope(envelope);
    },
  };
  transferHandlers.set('throw', handler);
}
