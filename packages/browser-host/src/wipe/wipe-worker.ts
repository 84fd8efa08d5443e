import { systemClock } from '../system-clock.js';
import { withoutRuntimes } from './closing-runtimes.js';
import { sweep } from './sweep.js';

/** Runtimes end within a second, but for one whose tab does not run. */
const CLOSING_MS = 10_000;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's scope takes no origin
self.postMessage(await withoutRuntimes(CLOSING_MS, () => sweep(systemClock)));
