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
): string => contentId({ format: FORMAT, kind: 'forwarded', ...chat }, startHash);
