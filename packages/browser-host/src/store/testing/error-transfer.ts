import { envelopeThrown } from '@terrace/core/engine';
import { transferHandlers } from 'comlink';

/** Makes errors cross a worker whole. Both sides call this before the first message. */
export function useErrorEnvelope(): void {
  const original = transferHandlers.get('throw');
  if (original) transferHandlers.set('throw', envelopeThrown(original));
}
