/** Errors of drivers and runtimes can be pages long. */
const MAX_LENGTH = 200;

/** An error in one line, as a reason that people read. */
export const briefly = (error: unknown): string => String(error).split('\n', 1)[0]!.slice(0, MAX_LENGTH);
