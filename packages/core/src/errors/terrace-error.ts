/** What went wrong, in values a program can read: no request content, no keys. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | undefined>>;

export interface TerraceErrorInit {
  readonly message: string;
  /** What the reader should do next, one plain sentence. */
  readonly hint: string;
  readonly facts?: ErrorFacts;
  readonly cause?: unknown;
}

const MARK = Symbol.for('terrace.error');

type ErrorClass<T extends TerraceError> = { readonly code?: string; readonly prototype: T };

/**
 * The base of every error Terrace throws. Low confidence, an abstention or a missed deadline are
 * values, not errors; an error means that a request, a file or an invariant is broken.
 */
export abstract class TerraceError extends Error {
  /** That of the class. */
  readonly code: string;
  readonly hint: string;
  readonly facts: ErrorFacts;

  constructor({ message, hint, facts = {}, cause }: TerraceErrorInit) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = (new.target as ErrorClass<TerraceError>).code ?? '';
    this.hint = hint;
    this.facts = facts;
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Like `instanceof`, but true across duplicate packages and worker boundaries. */
  static isInstance<T extends TerraceError>(this: ErrorClass<T>, value: unknown): value is T {
    if (typeof value !== 'object' || value === null || !(MARK in value)) return false;
    return this.code === undefined || (value as { code?: unknown }).code === this.code;
  }
}
