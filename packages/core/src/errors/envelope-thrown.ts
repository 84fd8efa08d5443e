import { fromEnvelope, toEnvelope, type ErrorEnvelope } from './error-envelope.js';

/** How comlink carries what was thrown: under `value`, in an object that its own handler knows. */
interface Thrown {
  readonly value: unknown;
}

/**
 * A comlink transfer handler for what is thrown, in place of its own, which keeps name, message and stack only: code,
 * facts, hint and cause would vanish.
 */
export function envelopeThrown(original: { canHandle(value: unknown): boolean }) {
  return {
    canHandle: (value: unknown): value is Thrown => original.canHandle(value),
    serialize: ({ value }: Thrown): [ErrorEnvelope, never[]] => [toEnvelope(value), []],
    deserialize: (envelope: ErrorEnvelope): never => {
      throw fromEnvelope(envelope);
    },
  };
}
