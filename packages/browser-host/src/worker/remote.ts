/** What asks endpoints, as a file of its own: a runtime that has none never loads it. */
export { openRemotes, toOwnEndpoint } from '@terrace/core/remote';
