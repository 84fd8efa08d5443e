import { TerraceError, type ErrorFacts } from './terrace-error.js';

/**
 * An error as plain data, for crossing a worker or a wire: structured clone and comlink's default
 * keep only name, message and stack, and lose `code`, facts and `cause`.
 */
export interface ErrorEnvelope {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly hint: string | undefined;
  readonly facts: ErrorFacts | undefined;
  readonly cause: ErrorEnvelope | undefined;
}

/** A cause chain deeper than this is cut: it is a cycle or noise. */
const MAX_CAUSES = 8;

export function toEnvelope(error: unknown, depth = 0): ErrorEnvelope {
  const plain = error instanceof Error ? error : new Error(inWords(error));
  const terrace = TerraceError.isInstance(error) ? error : undefined;
  const hasCause = plain.cause !== undefined && depth < MAX_CAUSES;
  return {
    name: plain.name,
    message: plain.message,
    stack: plain.stack,
    code: terrace?.code ?? foreignCode(plain),
    hint: terrace?.hint,
    facts: terrace?.facts,
    cause: hasCause ? toEnvelope(plain.cause, depth + 1) : undefined,
  };
}

/** Anything can be thrown, also an object that has no text form. */
function inWords(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that is not an error was thrown';
  }
}

/** Node's own errors carry codes such as `ENOSPC`; they are worth keeping across the border. */
function foreignCode(error: Error): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}

export function fromEnvelope(envelope: ErrorEnvelope): Error {
  const cause = envelope.cause && fromEnvelope(envelope.cause);
  const error = envelope.hint === undefined ? foreign(envelope, cause) : new EnvelopedError(envelope, cause);
  if (envelope.stack !== undefined) error.stack = envelope.stack;
  return error;
}

function foreign({ name, message, code }: ErrorEnvelope, cause: Error | undefined): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.name = name;
  return code === undefined ? error : Object.assign(error, { code });
}

/** An error of another context: `isInstance` of its own class is true, because that goes by code. */
class EnvelopedError extends TerraceError {
  override readonly code: string;

  constructor({ name, message, code, hint, facts }: ErrorEnvelope, cause: Error | undefined) {
    super({ message, hint: hint ?? '', ...(facts && { facts }), ...(cause && { cause }) });
    this.name = name;
    this.code = code ?? 'UNKNOWN';
  }
}
