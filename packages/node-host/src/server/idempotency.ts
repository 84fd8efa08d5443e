import { createHash } from 'node:crypto';
import type { Clock } from '@terrace/core';
import { HttpRefusal } from './http-refusal.js';
import { CLIENT_GONE } from './request-signal.js';
import type { Answer } from './server-context.js';

const MAX_KEY_LENGTH = 255;

interface Remembered {
  /** Of method, path and body. */
  readonly fingerprint: string;
  readonly answer: Promise<Answer>;
  readonly sinceMs: number;
  /** Of the answer; 0 while it is being worked on. */
  bytes: number;
}

export interface IdempotencyLimits {
  readonly answers: number;
  readonly bytes: number;
  readonly keepMs: number;
}

export const IDEMPOTENCY_LIMITS: IdempotencyLimits = { answers: 10_000, bytes: 64 * 1024 * 1024, keepMs: 600_000 };

export interface AskedOnce {
  /** The client's name for the request. */
  readonly key: string;
  /** Whose name that is: two clients may choose the same. */
  readonly owner: string;
  readonly route: string;
  readonly body: Buffer | undefined;
}

/** Remembers answers, so that a request that is sent again is not worked on again. */
export interface Idempotency {
  /**
   * The answer that is remembered or under way, and whether it was; failures are forgotten.
   * @throws HttpRefusal when the same name was given to another request, and what the work throws
   */
  once(asked: AskedOnce, work: () => Promise<Answer>): Promise<{ readonly answer: Answer; readonly replayed: boolean }>;
}

export function createIdempotency(clock: Clock, limits: IdempotencyLimits = IDEMPOTENCY_LIMITS): Idempotency {
  // Oldest first.
  const remembered = new Map<string, Remembered>();
  let bytes = 0;

  const forget = (id: string): void => {
    bytes -= remembered.get(id)?.bytes ?? 0;
    remembered.delete(id);
  };

  const makeRoom = (): void => {
    for (const [id, { sinceMs }] of remembered) {
      const over = remembered.size > limits.answers || bytes > limits.bytes;
      if (!over && clock.nowMs() - sinceMs < limits.keepMs) return;
      forget(id);
    }
  };

  const begin = (id: string, fingerprint: string, work: () => Promise<Answer>): Promise<Answer> => {
    const entry: Remembered = { fingerprint, answer: (async () => work())(), sinceMs: clock.nowMs(), bytes: 0 };
    remembered.set(id, entry);
    const isMine = (): boolean => remembered.get(id) === entry;
    entry.answer.then(
      ({ status, body }) => {
        if (!isMine()) return;
        if (status >= 300) return forget(id);
        entry.bytes = body.length;
        bytes += entry.bytes;
        makeRoom();
      },
      () => {
        if (isMine()) forget(id);
      },
    );
    makeRoom();
    return entry.answer;
  };

  return {
    async once({ key, owner, route, body }, work) {
      if (key.length === 0 || key.length > MAX_KEY_LENGTH) throw badKey();
      const id = `${owner}\n${key}`;
      const fingerprint = createHash('sha256')
        .update(`${route}\n`)
        .update(body ?? '')
        .digest('base64');
      for (;;) {
        makeRoom();
        const before = remembered.get(id);
        if (!before) return { answer: await begin(id, fingerprint, work), replayed: false };
        if (before.fingerprint !== fingerprint) throw otherRequest();
        try {
          return { answer: await before.answer, replayed: true };
        } catch (error) {
          // Whoever asked first has gone away, which is no failure of the request: now it is this one's turn.
          if (!(error instanceof HttpRefusal && error.status === CLIENT_GONE)) throw error;
        }
      }
    },
  };
}

const badKey = (): HttpRefusal =>
  new HttpRefusal({
    status: 400,
    code: 'INVALID_REQUEST',
    message: `The idempotency-key is empty or longer than ${MAX_KEY_LENGTH} characters.`,
    hint: 'Send a UUID.',
  });

const otherRequest = (): HttpRefusal =>
  new HttpRefusal({
    status: 422,
    code: 'IDEMPOTENCY_KEY_REUSED',
    message: 'Another request was sent with this idempotency-key.',
    hint: 'Send a new key with every new request.',
  });
