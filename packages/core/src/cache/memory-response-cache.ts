import type { Random } from '../ports/random.js';
import type {
  CacheChange,
  ComparedRow,
  ForgetAnswers,
  KeptAnswer,
  ResponseCacheStore,
} from '../ports/response-cache.js';
import { MAX_COMPARED_ROWS } from './compared-rows.js';

const PAGE = 256;
const SECRET_BYTES = 32;
/** What an answer takes beside its texts and its vector. */
const ENTRY_BYTES = 256;

const bytesOf = ({ body, question }: KeptAnswer): number =>
  ENTRY_BYTES + new TextEncoder().encode(body).length + (question?.vector.byteLength ?? 0);

/** Answers that end with the process: for tests, and the plainest statement of what such a store does. */
export function createMemoryResponseCache({
  maxBytes = Infinity,
  maxEntries = Infinity,
  random = Math.random,
}: { readonly maxBytes?: number; readonly maxEntries?: number; readonly random?: Random } = {}): ResponseCacheStore {
  /** Least recently used first. */
  const answers = new Map<string, KeptAnswer>();
  /** The last change of each key, in the order they were made. */
  const lastChanges = new Map<string, CacheChange>();
  const rows = new Map<string, ComparedRow[]>();
  const notes = new Map<string, string>();
  const secret = Uint8Array.from({ length: SECRET_BYTES }, () => Math.floor(random() * 256));
  let bytes = 0;
  let seq = 0;

  const note = (key: string, answer: KeptAnswer | undefined): void => {
    const known = lastChanges.delete(key);
    const { scope, question } = answer ?? {};
    if (scope !== undefined && question) lastChanges.set(key, { kind: 'kept', seq: ++seq, key, scope, question });
    else if (known) lastChanges.set(key, { kind: 'gone', seq: ++seq, key });
  };
  const remove = (key: string): void => {
    const answer = answers.get(key);
    if (!answer) return;
    answers.delete(key);
    bytes -= bytesOf(answer);
    note(key, undefined);
  };
  const keep = (answer: KeptAnswer): void => {
    const before = answers.get(answer.key);
    if (before) bytes -= bytesOf(before);
    answers.delete(answer.key);
    answers.set(answer.key, answer);
    bytes += bytesOf(answer);
    note(answer.key, answer);
    for (const key of answers.keys()) {
      if (bytes <= maxBytes && answers.size <= maxEntries) return;
      remove(key);
    }
  };

  return {
    get: async (key) => answers.get(key),
    async put(kept) {
      for (const answer of kept) keep({ ...answer });
    },
    async touch(keys) {
      for (const key of keys) {
        const answer = answers.get(key);
        if (answer && answers.delete(key)) answers.set(key, answer);
      }
    },
    async forget(what) {
      const going = [...answers.values()].filter((answer) => isMeant(answer, what));
      for (const { key } of going) remove(key);
      return going.length;
    },
    async *changes(sinceSeq) {
      let last = sinceSeq;
      for (;;) {
        const page = [...lastChanges.values()].filter((change) => change.seq > last).slice(0, PAGE);
        if (page.length === 0) return;
        last = page.at(-1)!.seq;
        yield page;
      }
    },
    async compare(compared) {
      for (const row of compared) {
        const group = rows.get(row.group) ?? [];
        group.push({ ...row });
        rows.set(row.group, group.slice(-MAX_COMPARED_ROWS));
      }
    },
    compared: async (group, limit) => (rows.get(group) ?? []).toReversed().slice(0, limit),
    groups: async () => [...rows.keys()],
    note: async (name) => notes.get(name),
    async keepNote(name, json) {
      notes.set(name, json);
    },
    secret: async () => secret.slice(),
    stats: async () => ({
      entries: answers.size,
      bytes,
      oldestWallMs: answers.size === 0 ? undefined : oldestOf([...answers.values()]),
    }),
    close: async () => undefined,
  };
}

const isMeant = (answer: KeptAnswer, { keys, tag, tenant, expiredAtWallMs }: ForgetAnswers): boolean =>
  (keys === undefined || keys.includes(answer.key)) &&
  (tag === undefined || answer.tags.includes(tag)) &&
  (tenant === undefined || answer.tenant === tenant) &&
  (expiredAtWallMs === undefined || answer.expiresAtWallMs <= expiredAtWallMs);

const oldestOf = (answers: readonly KeptAnswer[]): number =>
  answers.reduce((oldest, { storedAtWallMs }) => Math.min(oldest, storedAtWallMs), Infinity);
