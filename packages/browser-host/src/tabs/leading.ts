import { fromEnvelope } from '@terrace/core/engine';
import { createAnswerer } from '../calls/answerer.js';
import type { Caller } from '../calls/caller.js';
import type { StartedWorker } from '../page/start-worker.js';
import { beginVisit } from '../sentinel/page-visit.js';
import type { News, PageCalls, RuntimeCalls, RuntimeSettings } from '../worker/protocol.js';
import { openChannel } from './channel.js';
import { commonChannel, type FromWorker, type ToAll } from './messages.js';

export type StartWorker = (told: {
  onMessage: (message: FromWorker) => void;
  /** The script is not there. */
  onMissing: (error: Error) => void;
}) => StartedWorker;

export interface SeatOptions {
  /** Of the tabs that share the runtime; undefined where this page has it for itself. */
  readonly group: string | undefined;
  readonly caller: Caller<RuntimeCalls>;
  readonly onNews: (news: News) => void;
  /** Told of every word from who answers. */
  readonly onHeard: () => void;
}

/** Where a page's calls go. */
export interface Seat {
  /** Whether there is somebody who answers. */
  isReady(): boolean;
  /** Asks for a word from who answers, or is to. */
  ask(): void;
  /** Lets go of it at once. */
  end(): void;
}

/** The runtime in a worker of this page. */
export interface LeadingSeat extends Seat {
  /** @throws what the runtime cannot be opened for */
  readonly opened: Promise<void>;
  /** The runtime ends first, and its own workers with it. */
  close(): Promise<void>;
}

/** @throws AssetsMissingError */
export function lead({
  settings,
  group,
  startWorker,
  page,
  caller,
  onNews,
  onHeard,
}: SeatOptions & {
  readonly settings: RuntimeSettings;
  readonly startWorker: StartWorker;
  readonly page: PageCalls;
}): LeadingSeat {
  const answerer = createAnswerer(page);
  const { owner, left, ...visit } = beginVisit();
  // Until the worker speaks for itself.
  const all =
    group === undefined
      ? undefined
      : openChannel<ToAll, ToAll>(commonChannel(group), ({ kind }) => {
          if (kind === 'who-leads' && !isReady) tellStarting();
        });
  const tellStarting = (): void => all?.post({ kind: 'starting' });
  let isReady = false;
  let worker: StartedWorker | undefined;

  const opened = new Promise<void>((resolve, reject) => {
    const onMessage = (message: FromWorker): void => {
      onHeard();
      switch (message.kind) {
        case 'alive':
          return;
        case 'opened':
          isReady = true;
          return resolve();
        case 'refused':
          return reject(fromEnvelope(message.error));
        case 'news':
          return onNews(message.news);
        case 'call':
        case 'abort':
          return answerer.receive(message, (answer) => worker?.post(answer));
        default:
          return caller.receive(message);
      }
    };
    worker = startWorker({ onMessage, onMissing: reject });
  });
  tellStarting();
  worker?.post({ kind: 'open', settings, visit: { owner, left }, group });
  caller.connect((message) => worker?.post(message));

  const leave = (): void => {
    visit.leave();
    caller.disconnect();
    all?.close();
  };
  return {
    opened,
    isReady: () => isReady,
    ask: () => worker?.post({ kind: 'ping', from: '' }),
    end() {
      leave();
      worker?.kill();
    },
    async close() {
      await caller.call('close', []);
      visit.end();
      leave();
      worker?.end();
      worker = undefined;
    },
  };
}
