import { createBatcher } from '../generate/batch/batcher.js';
import type { ReadToolCalls } from '../generate/batch/shown-text.js';
import type { GrammarCompiler, GrammarState, TokenBytes } from '../generate/grammar/grammar.js';
import type { TextEvent } from '../generate/worker/text-worker.js';
import { fromEnvelope } from '../errors/error-envelope.js';
import type { TextJob } from '../ports/text-engine.js';
import { DEFAULT_GENERATION, type Generation } from '../tasks/text-generation/generation.js';
import type { TextEnd, TextPiece } from '../tasks/text-generation/text-output.js';
import { createFakeChatTokenizer, FAKE_TOKENS } from './fake-chat-tokenizer.js';
import { createFakeClock } from './fake-clock.js';
import { createFakeTextGraph } from './fake-text-graph.js';
import { seededRandom } from './seeded-random.js';

/** A timer waits a whole millisecond. */
const { setImmediate } = globalThis as unknown as { setImmediate: (call: () => void) => void };
export const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A chat of one turn; greedy, unless it is said otherwise. */
export const textJob = (said: string, generation: Partial<Generation> = {}, rest: Partial<TextJob> = {}): TextJob => ({
  messages: [{ role: 'user', content: said }],
  tools: [],
  prefix: '',
  chatTemplate: undefined,
  generation: { ...DEFAULT_GENERATION, ...generation },
  priority: 'normal',
  ...rest,
});

/** Whatever the format: digits, so many of them. */
const digits = (most: number): GrammarCompiler => ({
  compile: () => ({
    start() {
      const at = (count: number): GrammarState => {
        let written = count;
        return {
          mask(into) {
            into.fill(0);
            for (let digit = 48; digit < 58; digit++) into[digit >> 5]! |= 1 << (digit & 31);
            return true;
          },
          maskWithin: () => undefined,
          fits: () => true,
          accept: (token) => token >= 48 && token < 58 && ++written > 0,
          acceptText: (text) => /^\d*$/.test(text) && (written += text.length) >= 0,
          tokensLeft: 0,
          get isComplete() {
            return written >= most;
          },
          get isOver() {
            return written >= most;
          },
          copy: () => at(written),
        };
      };
      return at(0);
    },
  }),
});

/** A loop over a graph and a tokenizer that are made up, by whose messages a test sees what happens. */
export function batcherWorld({
  maxRows,
  kvTokens = 4096,
  contextTokens = 1024,
  grammars = () => digits(4),
  readToolCalls,
}: {
  maxRows?: number;
  kvTokens?: number;
  contextTokens?: number;
  grammars?: (tokens: TokenBytes) => GrammarCompiler;
  readToolCalls?: ReadToolCalls;
} = {}) {
  const graph = createFakeTextGraph(maxRows === undefined ? {} : { maxRows });
  const tokenizer = createFakeChatTokenizer();
  const messages: TextEvent[][] = [];
  const clock = createFakeClock();
  let turns = 0;
  const batcher = createBatcher({
    model: {
      modelId: 'fake',
      contextTokens,
      kvBytes: kvTokens * graph.bytesPerToken,
      shape: { family: 'fake', kvHeads: 1, headDim: 1, kvBytesPerElement: 4, endTokens: [FAKE_TOKENS.end], maxRows: 8 },
    },
    graph,
    tokenizer,
    grammars: grammars(tokenizer),
    readToolCalls,
    nowMs: () => clock.nowMs(),
    random: seededRandom(1),
    yieldToMessages: () => (turns++, macrotask()),
    sleep: (delayMs) => clock.sleep(delayMs),
    send: (events) => void messages.push([...events]),
  });
  const eventsOf = (id: number) => messages.flat().filter((event) => event.kind !== 'dead' && event.jobId === id);
  const piecesOf = (id: number): TextPiece[] =>
    eventsOf(id).flatMap((event) => (event.kind === 'pieces' ? event.pieces : []));
  const written = (id: number): number => piecesOf(id).flatMap(({ logProbs }) => logProbs).length;
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (let i = 0; i < 5000 && !isTrue(); i++) await macrotask();
    if (!isTrue()) throw new Error('it never came to be');
  };
  const endOf = async (id: number): Promise<TextEnd> => {
    await until(() => eventsOf(id).some(({ kind }) => kind !== 'pieces'));
    const last = eventsOf(id).at(-1)!;
    if (last.kind === 'failed') throw fromEnvelope(last.error);
    if (last.kind !== 'ended') throw new Error('it goes on');
    return last.end;
  };
  let lastId = 0;
  /** Reads everything at once. */
  const ask = async (asked: TextJob, credit = 10_000): Promise<TextEnd> => {
    const id = ++lastId;
    batcher.begin(id, asked, credit);
    return endOf(id);
  };
  return {
    graph,
    tokenizer,
    batcher,
    messages,
    piecesOf,
    written,
    endOf,
    until,
    ask,
    turns: () => turns,
    pass: (ms: number) => clock.advance(ms),
  };
}
