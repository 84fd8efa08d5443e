import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createNodeTextEngine } from '@terrace/node-host';
import { printFigures, seededRandom } from './report.js';
import { textJob, words, write } from './text-asks.js';
import { cancelFigures } from './text-cancel.js';
import { textModel } from './text-model.js';
import type { PeerAsk } from './text-peer.js';

const ROUNDS = 3;
const TOKENS = 64;
/** Tokens of the prompts, about. */
const LENGTHS = [6, 12, 18, 24, 30, 36, 42, 50];
/** Of our loop and the plain one in each round. */
const PAIRS = 3;

/** Figures 1 and 2 of text in Node: tokens a second, what the loop costs beside the graph, and how fast a cancel frees it. */
export async function textDecode(): Promise<void> {
  const model = await textModel();
  if (!model) return console.log('skipped: text decode (TERRACE_TEXT_MODEL is not set)');
  const folder = process.env['TERRACE_TEXT_MODEL']!;
  const engine = createNodeTextEngine();
  const session = await engine.load(model);
  // With one thread, which is what is fastest here, and as it comes.
  const peer = await openPeer(folder, '1');
  const asItComes = await openPeer(folder, 'default');
  const raw = await openRaw(folder);
  const random = seededRandom(7);
  const best = new Map<string, number>();
  const keep = (name: string, ms: number): void => void best.set(name, Math.min(best.get(name) ?? Infinity, ms));
  for (let round = 0; round < ROUNDS; round++) {
    const texts = LENGTHS.map((length) => words(length, random));
    const [first] = texts.slice(4) as [string];
    const alone = await write(session, textJob(first, TOKENS));
    keep('single', alone.totalMs);
    for (let pair = 0; pair < PAIRS; pair++) {
      const { timings, usage } = await write(session, textJob(first, TOKENS));
      keep('token', timings!.decodeMs / (TOKENS - 1));
      keep('raw', await raw.ask({ promptTokens: usage.inputTokens, tokens: TOKENS }));
    }
    keep('eight', await timed(() => Promise.all(texts.map((text) => write(session, textJob(text, TOKENS))))));
    keep('peer, as it comes', await asItComes.ask({ how: 'one-by-one', texts: [first], tokens: TOKENS }));
    keep('peer', await peer.ask({ how: 'one-by-one', texts: [first], tokens: TOKENS }));
    keep('peer, eight', await peer.ask({ how: 'one-by-one', texts, tokens: TOKENS }));
    keep('peer, batch', await peer.ask({ how: 'batch', texts, tokens: TOKENS }));
  }
  const rate = (name: string, tokens = TOKENS): number => (1000 * tokens) / best.get(name)!;
  const eight = LENGTHS.length * TOKENS;
  const token = best.get('token')!;
  const rawToken = best.get('raw')!;
  const times = (a: number, b: number): string =>
    `${a.toFixed(1)} against ${b.toFixed(1)} tokens/s, ${(a / b).toFixed(2)} times`;
  printFigures(`SmolLM2 q4, ${TOKENS} tokens, best of ${ROUNDS} rounds beside @huggingface/transformers`, [
    {
      name: 'one chat, prompt included',
      wanted: 'at least as fast',
      measured: `${times(rate('single'), rate('peer'))}; ${rate('peer, as it comes').toFixed(1)} with its own choice of threads`,
      holds: rate('single') >= rate('peer'),
    },
    {
      name: 'eight chats at a time, against one after the other',
      wanted: 'at least 1.8 times',
      measured: times(rate('eight', eight), rate('peer, eight', eight)),
      holds: rate('eight', eight) >= 1.8 * rate('peer, eight', eight),
    },
    {
      name: 'the same against its batch, whose padded rows are wrong',
      wanted: 'nothing: it writes something else',
      measured: times(rate('eight', eight), rate('peer, batch', eight)),
      holds: true,
    },
    {
      // Two loads of the same weights differ by more than that: text-overhead measures it inside one session.
      name: 'a token, told to its reader, over a loop of nothing but the graph in another session, least of each',
      wanted: 'nothing: two sessions differ by more than 5 %',
      measured: `${token.toFixed(2)} against ${rawToken.toFixed(2)} ms, ${(100 * (token / rawToken - 1)).toFixed(1)} %`,
      holds: true,
    },
  ]);
  await session.release();
  await engine.close();
  peer.end();
  asItComes.end();
  await raw.end();
  printFigures('SmolLM2 q4, cancels in the middle of an answer', await cancelFigures(model, random));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

interface Asked<T> {
  ask(what: T): Promise<number>;
  end(): unknown;
}

async function openPeer(folder: string, threads: string): Promise<Asked<PeerAsk>> {
  const child = fork(fileURLToPath(new URL('./text-peer.js', import.meta.url)), [folder, threads]);
  const answer = async (): Promise<number> => ((await once(child, 'message')) as [number])[0];
  await answer();
  return { ask: (what) => (child.send(what), answer()), end: () => child.kill() };
}

async function openRaw(folder: string): Promise<Asked<{ promptTokens: number; tokens: number }>> {
  const file = join(folder, 'onnx', 'model_q4.onnx');
  const worker = new Worker(new URL('./text-raw.js', import.meta.url), { workerData: { file } });
  const answer = async (): Promise<number> => ((await once(worker, 'message')) as [number])[0];
  await answer();
  return { ask: (what) => (worker.postMessage(what), answer()), end: () => worker.terminate() };
}
