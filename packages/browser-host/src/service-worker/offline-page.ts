import { newsOf, type OfflineAsk, type OfflineState } from './offline-state.js';

/** A worker that the browser ends before it answers is asked again. */
const ASK_AGAIN_MS = 2000;
const MAX_ASKS = 5;

/** How far this page starts without a network, as its service worker says. */
export async function offlineState(): Promise<OfflineState> {
  if (!('serviceWorker' in navigator)) return UNSUPPORTED;
  for (let left = MAX_ASKS; left > 0; left--) {
    const worker = await workerOfThisPage();
    if (!worker) return {};
    const state = await answerOf(worker);
    if (state) return state;
  }
  return {};
}

/** Makes the service worker look for a newer version now; it does so by itself whenever a page is loaded. */
export async function lookForUpdate(): Promise<void> {
  if ('serviceWorker' in navigator)
    (await workerOfThisPage())?.postMessage({ terraceOffline: 'update' } satisfies OfflineAsk);
}

/**
 * Tells the state of now, and every later one.
 * @returns ends that
 */
export function onOfflineState(listener: (state: OfflineState) => void): () => void {
  const control = new AbortController();
  const { signal } = control;
  let isTold = false;
  const tell = (state: OfflineState): void => {
    isTold = true;
    if (!signal.aborted) listener(state);
  };
  if ('serviceWorker' in navigator) {
    const onMessage = ({ data }: MessageEvent<unknown>): void => {
      const state = newsOf(data);
      if (state) tell(state);
    };
    navigator.serviceWorker.addEventListener('message', onMessage, { signal });
    navigator.serviceWorker.startMessages();
  }
  // What came meanwhile is newer.
  void offlineState().then((state) => isTold || tell(state));
  return () => control.abort();
}

const UNSUPPORTED: OfflineState = {
  problem: {
    code: 'UNSUPPORTED',
    message: 'This browser offers no service worker here.',
    hint: 'Serve the page over https, and open it in no private window.',
  },
};

async function workerOfThisPage(): Promise<ServiceWorker | null | undefined> {
  const registration = await navigator.serviceWorker.getRegistration();
  return registration?.active ?? registration?.waiting ?? registration?.installing;
}

function answerOf(worker: ServiceWorker): Promise<OfflineState | undefined> {
  const { port1, port2 } = new MessageChannel();
  return new Promise<OfflineState | undefined>((resolve) => {
    port1.addEventListener('message', ({ data }) => resolve(newsOf(data)), { once: true });
    port1.start();
    worker.postMessage({ terraceOffline: 'state' } satisfies OfflineAsk, [port2]);
    setTimeout(() => resolve(undefined), ASK_AGAIN_MS);
  }).finally(() => port1.close());
}
