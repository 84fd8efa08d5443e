import { toEnvelope } from '@terrace/core/engine';
import { createAnswerer } from '../calls/answerer.js';
import { createCaller } from '../calls/caller.js';
import { randomName } from '../random-name.js';
import type { FromWorker, ToWorker } from '../tabs/messages.js';
import { serveTabs, type TabService } from '../tabs/serve-tabs.js';
import { openRuntime, type OpenedRuntime } from './open-runtime.js';
import type { News, PageCalls } from './protocol.js';
import { useStorage } from '../wipe/closing-runtimes.js';
import { runtimeService } from './runtime-service.js';

/** What a dedicated worker's own page sends carries no origin. */
const ALLOWED_ORIGINS = ['', self.location.origin];

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's scope takes no origin
const toPage = (message: FromWorker): void => self.postMessage(message);

const mayStore = useStorage();
let opening: Promise<OpenedRuntime> | undefined;
let tabs: TabService | undefined;

const page = createCaller<PageCalls>('worker');
page.connect(toPage);

const answerer = createAnswerer(
  runtimeService(
    () => opening ?? Promise.reject(new Error('the page asked before it had opened the runtime')),
    async () => {
      tabs?.leave();
      await (await opening)?.close();
    },
  ),
);

const tell = (news: News): void => {
  toPage({ kind: 'news', news });
  tabs?.news(news);
};

async function open({ settings, visit, group }: Extract<ToWorker, { kind: 'open' }>): Promise<void> {
  if (group !== undefined) tabs = serveTabs(group, randomName(), answerer);
  try {
    opening = mayStore.then(() => openRuntime(settings, visit, page, tell));
    await opening;
    toPage({ kind: 'opened' });
    tabs?.begin();
  } catch (error) {
    tabs?.leave();
    toPage({ kind: 'refused', error: toEnvelope(error) });
  }
}

self.addEventListener('message', ({ data, origin }: MessageEvent<ToWorker>) => {
  if (!ALLOWED_ORIGINS.includes(origin)) return;
  switch (data.kind) {
    case 'open':
      return void open(data);
    case 'ping':
      return toPage({ kind: 'alive' });
    case 'call':
    case 'abort':
      return answerer.receive(data, toPage);
    default:
      return page.receive(data);
  }
});
// The script has come and runs.
toPage({ kind: 'alive' });
