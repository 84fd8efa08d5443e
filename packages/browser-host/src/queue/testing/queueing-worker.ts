import { systemClock } from '../../system-clock.js';
import { IndexedDbQueue } from '../indexed-db-queue.js';

/** What a worker does until it is ended: adds requests, answers them, or claims one and holds it. */
export interface QueueOrder {
  readonly name: string;
  readonly what: 'add' | 'answer' | 'hold';
}

const DONE = { add: 'added', answer: 'kept', hold: 'held' } as const;

/** Tells `added`, `kept` or `held` with the id of each request as soon as it is so. */
self.addEventListener('message', async ({ data: { name, what } }: MessageEvent<QueueOrder>) => {
  const queue = new IndexedDbQueue({ name, clock: systemClock, onWarning: () => undefined });
  const tell = (requestId: string): void => self.postMessage(`${DONE[what]} ${requestId}`);
  for (let i = 0; ; i++) {
    if (what === 'add') {
      const requestId = `${Date.now()} ${i}`;
      await queue.add({ requestId, atWallMs: i, request: JSON.stringify({ text: 'words '.repeat(50) }) });
      tell(requestId);
      continue;
    }
    const claim = await queue.claim(600_000);
    if (!claim) await systemClock.sleep(2);
    else if (what === 'hold' || (await queue.finish(claim, { result: '1' }))) tell(claim.queued.requestId);
  }
});
