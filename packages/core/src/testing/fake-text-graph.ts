import type { Caches, TextGraph } from '../generate/graph/text-graph.js';
import { FAKE_TOKENS, FAKE_VOCABULARY } from './fake-chat-tokenizer.js';

/** Caches that are the ids themselves, row by row. */
export interface FakeCaches extends Caches {
  readonly ids: readonly (readonly number[])[];
}

export interface FakeTextGraph extends TextGraph<FakeCaches> {
  /** Bytes of caches that nobody has released or used up. */
  liveBytes(): number;
  /** Rows and columns of every run so far. */
  readonly runs: readonly { readonly rows: number; readonly columns: number }[];
  /** Makes the next run throw. */
  breakNext(error: Error): void;
}

/** The likeliest token after these. */
export type NextToken = (ids: readonly number[]) => number;

const BYTES_PER_TOKEN = 64;

/**
 * A language model that answers by rule, for tests of what drives one. Whoever runs caches that were released or used
 * up, or two runs at once, or a batch of prompts, is told so by an exception.
 * @param next the rule; otherwise it repeats what the user said last
 */
export function createFakeTextGraph({
  vocabulary = FAKE_VOCABULARY,
  next = repeatsTheUser,
  maxRows = 8,
  chunkTokens = 32,
  delayMs,
}: {
  readonly vocabulary?: number;
  readonly next?: NextToken;
  readonly maxRows?: number;
  readonly chunkTokens?: number;
  readonly delayMs?: number;
} = {}): FakeTextGraph {
  const live = new Set<FakeCaches>();
  const runs: { rows: number; columns: number }[] = [];
  let running = false;
  let broken: Error | undefined;
  let lastLogits = new Float32Array(0);

  const make = (ids: readonly (readonly number[])[]): FakeCaches => {
    const caches: FakeCaches = {
      ids,
      rows: ids.length,
      lengths: ids.map(({ length }) => length),
      // Rows side by side are padded to the longest.
      bytes: ids.length * Math.max(...ids.map(({ length }) => length)) * BYTES_PER_TOKEN,
      release: () => void live.delete(caches),
    };
    live.add(caches);
    return caches;
  };
  const check = (isTrue: boolean, what: string): void => {
    if (!isTrue) throw new Error(`the graph is used wrongly: ${what}`);
  };

  return {
    vocabulary,
    maxRows,
    chunkTokens,
    bytesPerToken: BYTES_PER_TOKEN,
    runs,
    liveBytes: () => [...live].reduce((sum, { bytes }) => sum + bytes, 0),
    breakNext(error) {
      broken = error;
    },
    empty: () => make([[]]),
    async run({ ids, columns, caches, keep, logits }) {
      check(!running, 'two runs at once');
      check(live.has(caches), 'caches that are gone are run');
      check(columns > 0 && columns <= chunkTokens, `${columns} columns`);
      check(ids.length === columns * caches.rows, `${ids.length} ids for ${caches.rows} rows of ${columns}`);
      check(columns === 1 || caches.rows === 1, 'prompts in a batch');
      check(caches.rows <= maxRows, `${caches.rows} rows`);
      check(
        ids.every((id) => id >= 0 && id < vocabulary),
        'a token that is none',
      );
      running = true;
      const fed = ids.slice();
      // What was handed out is valid until here: whoever reads it later shall notice.
      lastLogits.fill(NaN);
      await (delayMs === undefined ? Promise.resolve() : new Promise<void>((resolve) => setTimeout(resolve, delayMs)));
      running = false;
      if (!keep) live.delete(caches);
      const error = broken;
      broken = undefined;
      if (error) throw error;
      runs.push({ rows: caches.rows, columns });
      const after = make(caches.ids.map((row, r) => [...row, ...fed.subarray(r * columns, (r + 1) * columns)]));
      lastLogits = new Float32Array(logits === 'last' ? after.rows * vocabulary : 0);
      if (logits === 'last') {
        for (const [r, row] of after.ids.entries()) {
          writeLogits(lastLogits.subarray(r * vocabulary, (r + 1) * vocabulary), row, next(row));
        }
      }
      return { logits: lastLogits, caches: after };
    },
    gather(rows, keep) {
      check(!running, 'gathered during a run');
      check(rows.length > 0 && rows.length <= maxRows, `${rows.length} rows are gathered`);
      for (const { caches, row } of rows) {
        check(live.has(caches), 'caches that are gone are gathered');
        check(row >= 0 && row < caches.rows, `row ${row} of ${caches.rows}`);
      }
      const gathered = make(rows.map(({ caches, row }) => caches.ids[row]!));
      if (!keep) for (const { caches } of rows) live.delete(caches);
      return gathered;
    },
    async release() {
      check(!running, 'released during a run');
      live.clear();
    },
  };
}

/** Noise that is another one after every other beginning, in [0, 4), and the likeliest token above it. */
function writeLogits(into: Float32Array, ids: readonly number[], likeliest: number): void {
  let hash = 2166136261;
  for (const id of ids) hash = Math.imul(hash ^ id, 16777619);
  for (let token = 0; token < into.length; token++) {
    hash = Math.imul(hash ^ (hash >>> 13) ^ token, 1274126177);
    into[token] = ((hash >>> 0) / 2 ** 32) * 4;
  }
  into[likeliest] = 9;
}

/** `You said: <the user's last turn>`, letter by letter, wherever the answer stands. */
function repeatsTheUser(ids: readonly number[]): number {
  const beginning = ids.lastIndexOf(FAKE_TOKENS.assistant);
  const from = ids.lastIndexOf(FAKE_TOKENS.user, beginning);
  const said = from < 0 ? [] : ids.slice(from + 1, ids.indexOf(FAKE_TOKENS.end, from));
  const answer = [...new TextEncoder().encode('You said: '), ...said];
  return answer[ids.length - beginning - 1] ?? FAKE_TOKENS.end;
}
