import { cannotRun } from '../../encoder/session-faults.js';
import { fromEnvelope } from '../../errors/error-envelope.js';
import type { TextJob, TextLoadReport, TextSession } from '../../ports/text-engine.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import type { Lifeline } from '../../wait/lifeline.js';
import { Inbox } from './inbox.js';
import type { TextEvent, TextWorker } from './text-worker.js';

/** So many tokens of each answer the worker may be ahead of its reader. */
export const CREDIT_TOKENS = 32;
/** What is read is given back in parts of this size: a message a token is as many messages again. */
const GIVE_BACK_TOKENS = CREDIT_TOKENS / 4;

type JobEvent = Extract<TextEvent, { readonly jobId: number }>;

/** A worker as messages reach it: what is begun, and what is ended, is not answered. */
export type RemoteTextWorker = Pick<TextWorker, 'countTokens' | 'logits'> & {
  readonly [Call in 'begin' | 'more' | 'cancel']: (...values: Parameters<TextWorker[Call]>) => unknown;
};

/**
 * A text model that a worker has loaded, seen from outside.
 * @param events what the worker sends
 * @param life ends with the worker's thread
 * @param letGo called once: takes the model down, with all that is under way in it
 */
export function textSession({
  modelId,
  worker,
  events,
  life,
  report,
  heldBytes,
  letGo,
}: {
  readonly modelId: string;
  readonly worker: RemoteTextWorker;
  readonly events: { subscribe(listener: (events: readonly TextEvent[]) => void): () => void };
  readonly life: Lifeline;
  readonly report: TextLoadReport;
  readonly heldBytes?: () => number;
  readonly letGo: () => Promise<void>;
}): TextSession {
  const inboxes = new Map<number, Inbox<JobEvent>>();
  /** Jobs that the worker has not ended, with what to do when it has: a reader that forgot one keeps nobody busy. */
  const open = new Map<number, { readonly answers: number; readonly settle: () => void }>();
  let lastId = 0;
  let released: Promise<void> | undefined;
  const checkOpen = (): void => {
    if (released) throw cannotRun(modelId, 'it was released');
  };
  const unsubscribe = events.subscribe((some) => {
    for (const event of some) {
      if (event.kind === 'dead') life.end(fromEnvelope(event.error));
      else {
        inboxes.get(event.jobId)?.push(event);
        if (event.kind !== 'pieces') close(event.jobId);
      }
    }
  });
  const close = (jobId: number): void => {
    open.get(jobId)?.settle();
    open.delete(jobId);
    // Whoever reads on has it in hand; of a reader that forgot it nothing is left.
    inboxes.delete(jobId);
  };

  async function* generate(job: TextJob, signal?: AbortSignal): AsyncGenerator<readonly TextPiece[], TextEnd> {
    signal?.throwIfAborted();
    checkOpen();
    const jobId = ++lastId;
    const inbox = new Inbox<JobEvent>();
    const settled = new Promise<void>((settle) => open.set(jobId, { answers: job.generation.n, settle }));
    let isOver = false;
    const end = (): void => {
      if (!isOver) worker.cancel(jobId);
      isOver = true;
    };
    const onAbort = (): void => {
      end();
      inbox.fail(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    inboxes.set(jobId, inbox);
    life
      .guard(() => settled)
      .catch((error: unknown) => {
        isOver = true;
        close(jobId);
        inbox.fail(error);
      });
    try {
      worker.begin(jobId, job, CREDIT_TOKENS);
      let owed = 0;
      for (;;) {
        const event = await inbox.next();
        if (event.kind === 'pieces') {
          yield event.pieces;
          for (const { logProbs } of event.pieces) owed += logProbs.length;
          if (owed < GIVE_BACK_TOKENS) continue;
          worker.more(jobId, owed);
          owed = 0;
          continue;
        }
        isOver = true;
        if (event.kind === 'failed') throw fromEnvelope(event.error);
        return event.end;
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      end();
      close(jobId);
    }
  }

  const call = <T>(ask: () => Promise<T>): Promise<T> => {
    if (released) return Promise.reject(cannotRun(modelId, 'it was released'));
    return life.guard(ask);
  };
  const release = async (): Promise<void> => {
    for (const inbox of inboxes.values()) inbox.fail(cannotRun(modelId, 'it was released'));
    try {
      await letGo();
    } finally {
      unsubscribe();
    }
  };

  return {
    report,
    get alive() {
      return !life.ended();
    },
    get heldBytes() {
      return heldBytes?.();
    },
    generate,
    countTokens: (job) => call(() => worker.countTokens(job)),
    logits: (text) => call(() => worker.logits(text)),
    active: () => [...open.values()].reduce((sum, { answers }) => sum + answers, 0),
    release: () => (released ??= release()),
  };
}
