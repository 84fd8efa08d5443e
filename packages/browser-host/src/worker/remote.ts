/** What asks endpoints, and what waits for them, as a file of its own: a runtime that has none never loads it. */
export { answerQueued, forwardChat, openRemotes, openRemoteText, toOwnEndpoint } from '@terrace/core/remote';
export { openQueue } from '../queue/open-queue.js';
export { createBrowserFetch } from '../remote/browser-fetch.js';
export { pageModels } from './page-model.js';
