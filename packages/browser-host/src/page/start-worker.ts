import type { FromWorker, ToWorker } from '../tabs/messages.js';
import { AssetsMissingError } from '../assets/assets-missing-error.js';

/** A worker that is ended while its own workers are ending stays for ever now and then, in Chromium 156. */
const LINGER_MS = 1000;
/** Its script says a word as soon as it runs. Something else in its place says none. */
const SCRIPT_MS = 60_000;

/** The worker in which the runtime lives. */
export interface StartedWorker {
  post(message: ToWorker): void;
  /** Ends it when its own workers have ended, which they do at its close. */
  end(): void;
  /** Ends it as it is. */
  kill(): void;
}

/**
 * @param url of the runtime worker's script
 * @param onMissing told when that cannot be loaded
 * @throws AssetsMissingError when it may not be loaded
 */
export function startWorker({
  url,
  onMessage,
  onMissing,
}: {
  url: string;
  onMessage: (message: FromWorker) => void;
  onMissing: (error: AssetsMissingError) => void;
}): StartedWorker {
  const worker = openWorker(url, 'terrace-runtime');
  let isOver = false;
  const silence = setTimeout(() => onMissing(missing(url, 'it says nothing')), SCRIPT_MS);
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    clearTimeout(silence);
    if (!isOver) onMessage(data);
  });
  // A script that is not there says so by this event and nothing else; one that runs tells its own errors.
  worker.addEventListener('error', ({ message }) => onMissing(missing(url, message)));
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker takes no origin
    post: (message) => worker.postMessage(message),
    end() {
      isOver = true;
      clearTimeout(silence);
      setTimeout(() => worker.terminate(), LINGER_MS);
    },
    kill() {
      isOver = true;
      clearTimeout(silence);
      worker.terminate();
    },
  };
}

/** @throws AssetsMissingError when its script may not be loaded */
export function openWorker(url: string, name: string): Worker {
  try {
    return new Worker(url, { type: 'module', name });
  } catch (cause) {
    // Of another origin, say.
    throw missing(url, (cause as Error).message, cause);
  }
}

/** A script that is not there. @param reason as the browser has it */
export const missing = (url: string, reason: string | undefined, cause?: unknown): AssetsMissingError =>
  new AssetsMissingError({
    message: `The script of the runtime cannot be loaded from ${url}.`,
    hint:
      "Serve the files of @terrace/browser-host's folder dist/bundle beside the page's own script, from the same " +
      'origin, or say where they are with `assetsUrl`; a Content-Security-Policy must allow worker-src from there.',
    facts: { url, reason },
    ...(cause !== undefined && { cause }),
  });
