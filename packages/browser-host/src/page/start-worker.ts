import { releaseProxy, wrap, type Remote } from 'comlink';
import type { RuntimeWorker } from '../worker/protocol.js';
import { AssetsMissingError } from '../assets/assets-missing-error.js';

/** A worker that is ended while its own workers are ending stays for ever now and then, in Chromium 156. */
const LINGER_MS = 1000;

/** The worker in which the runtime lives. */
export interface StartedWorker {
  readonly remote: Remote<RuntimeWorker>;
  /** The call's own outcome, or an error when the worker's script cannot be loaded. */
  guard<T>(call: Promise<T>): Promise<T>;
  end(): void;
}

/** @param url of the runtime worker's script */
export function startWorker(url: string): StartedWorker {
  const worker = open(url);
  const remote = wrap<RuntimeWorker>(worker);
  return {
    remote,
    guard: (call) =>
      new Promise((resolve, reject) => {
        // A script that is not there says so by this event and nothing else; one that runs tells its own errors.
        worker.addEventListener('error', ({ message }) => reject(missing(url, message)), { once: true });
        call.then(resolve, reject);
      }),
    end() {
      remote[releaseProxy]();
      setTimeout(() => worker.terminate(), LINGER_MS);
    },
  };
}

function open(url: string): Worker {
  try {
    return new Worker(url, { type: 'module', name: 'terrace-runtime' });
  } catch (cause) {
    // Of another origin, say.
    throw missing(url, (cause as Error).message, cause);
  }
}

const missing = (url: string, reason: string | undefined, cause?: unknown): AssetsMissingError =>
  new AssetsMissingError({
    message: `The script of the runtime cannot be loaded from ${url}.`,
    hint:
      "Serve the files of @terrace/browser-host's folder dist/bundle beside the page's own script, from the same " +
      'origin, or say where they are with `assetsUrl`; a Content-Security-Policy must allow worker-src from there.',
    facts: { url, reason },
    ...(cause !== undefined && { cause }),
  });
