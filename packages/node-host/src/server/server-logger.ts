import { pino, type DestinationStream, type Logger } from 'pino';

export interface LogOptions {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
  /** Whether requests and answers themselves are written; never by default. */
  readonly content: boolean;
  /** Standard error without one: standard output is the command's. */
  readonly stream?: DestinationStream | undefined;
}

/** One JSON line an event. What could hold a key is never written, whoever hands it over. */
export function createServerLogger({ level, stream }: LogOptions): { readonly log: Logger; flush(): void } {
  // Written when the event loop has time; what is left is written by the flush.
  const destination = stream ?? pino.destination({ fd: 2, sync: false });
  const log = pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          'authorization',
          'headers.authorization',
          'req.headers',
          'res.headers',
          'headers.cookie',
          '*.authorization',
        ],
        remove: true,
      },
    },
    destination,
  );
  return { log, flush: () => (destination as { flushSync?: () => void }).flushSync?.() };
}
