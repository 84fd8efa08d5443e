import { contentId } from '../../catalog/content-id.js';
import type { StartHash } from '../../ports/running-hash.js';

const FORMAT = 1;

/** sha256 of a chat that is passed on as it came, its endpoint, whose it is and all that endpoints are now. */
export const forwardedKey = (
  chat: {
    readonly endpoint: string;
    readonly body: Readonly<Record<string, unknown>>;
    /** A hash. */
    readonly tenant: string;
    readonly identity: string;
  },
  startHash: StartHash,
): string => contentId({ format: FORMAT, kind: 'forwarded', ...chat, body: asWritten(chat.body) }, startHash);

/** What is within a field is not sorted: endpoints follow a schema in the order in which it is written. */
const asWritten = (body: Readonly<Record<string, unknown>>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(body).map(([name, value]) => [name, JSON.stringify(value)]));
