import { cannotRun } from '../../encoder/session-faults.js';
import { toEnvelope } from '../../errors/error-envelope.js';
import type { TextModel } from '../../ports/text-engine.js';
import type { Batcher } from '../batch/batcher.js';
import type { TextThread } from '../load/load-text.js';
import type { TextEvent, TextWorker } from './text-worker.js';

/**
 * The inside of a text worker, behind whatever carries its messages.
 * @param send the events of one turn, as one message
 */
export function createTextWorker({
  load,
  send,
}: {
  readonly load: (model: TextModel) => Promise<TextThread>;
  readonly send: (events: readonly TextEvent[]) => void;
}): TextWorker {
  let loaded: { readonly thread: TextThread; readonly batcher: Batcher } | undefined;
  const opened = (): NonNullable<typeof loaded> => {
    if (!loaded) throw cannotRun('the text worker', 'it has loaded nothing');
    return loaded;
  };
  return {
    async load(model) {
      const thread = await load(model);
      loaded = { thread, batcher: thread.start(send) };
      return thread.report;
    },
    begin(jobId, job, creditTokens) {
      try {
        opened().batcher.begin(jobId, job, creditTokens);
      } catch (error) {
        send([{ jobId, kind: 'failed', error: toEnvelope(error) }]);
      }
    },
    more: (jobId, tokens) => loaded?.batcher.more(jobId, tokens),
    cancel: (jobId) => loaded?.batcher.cancel(jobId),
    countTokens: async (job) => opened().thread.countTokens(job),
    async logits(text) {
      const { thread, batcher } = opened();
      return batcher.logits(thread.encode(text));
    },
    async release() {
      const { thread, batcher } = opened();
      loaded = undefined;
      await batcher.close();
      await thread.release();
    },
  };
}
