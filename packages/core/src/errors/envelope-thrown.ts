import { fromEnvelope, toEnvelope, type ErrorEnvelope } from './error-envelope.js';

/** How comlink carries what was thrown: under `value`, in an object that its own handler knows. */
interface Thrown {
  readonly value: unknown;
}

/**
 * A comlink transfer handler for what is thrown, in place of its own, which keeps name, message and stack only: code,
 * facts, hint and cause would vanish.
 */
export function envelopeThrown(original: { readonly canHandle: (value: unknown) => boolean }) {
  return {
    // The function itself: every worker that is started puts this in the place of what the one before has put there.
    canHandle: original.canHandle as (value: unknown) => value is Thrown,
    serialize: ({ value }: Thrown): [ErrorEnvelope, never[]] => [toEnvelope(value), []],
    deserialize: (envelope: ErrorEnvelope): never => {
      throw fromEnvelope(envelope);
    },
  };
}
