import { probeGraphs, probeShape, type ProbeTimings } from '@terrace/core';
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { residentStreamGraph } from './resident-stream-graph.js';

/** Of ONNX Runtime Web, what the measurement uses. */
export interface GraphRuntime {
  readonly InferenceSession: {
    create(graph: Uint8Array, options: InferenceSession.SessionOptions): Promise<GraphSession>;
  };
  readonly Tensor: new (type: 'float32', values: Float32Array, dims: readonly number[]) => Tensor;
  readonly nowMs?: () => number;
}
type GraphSession = Pick<InferenceSession, 'run' | 'release'>;

type GraphName = keyof ProbeTimings;

/**
 * Each graph is timed in short turns, and its best one counts: what a neighbour takes falls on some turns and decides
 * none, and the first ones run code that the browser has not optimised yet.
 */
const TURNS = 6;
/** Twenty ticks of the clock in a page that is not isolated; where it ticks more seldom, a turn lasts for two ticks. */
const TURN_MS = 2;
/** When so much time has passed, what is left is not measured: compiling shaders can take a second a graph. */
const LONGEST_MS = 2000;
/** A processor needs about 1 ms for one run of a graph: what needs so long is no accelerator, however long one looks. */
const HOPELESS_MS = 50;

/**
 * What one run of each graph takes: about 0.15 s of computing on WebAssembly, 2 s on a GPU at most, and there what had
 * no time to be measured is told to take as long as the f32 product, which every GPU runs. A hopeless provider is
 * looked at no further.
 * @returns positive milliseconds
 */
export async function timeGraphs(
  { InferenceSession, Tensor, nowMs = () => performance.now() }: GraphRuntime,
  provider: 'wasm' | 'webgpu',
): Promise<ProbeTimings> {
  let startedMs: number | undefined;
  const sessions: GraphSession[] = [];
  const best = new Map<GraphName, number>();
  const isOver = (): boolean => nowMs() - startedMs! > LONGEST_MS || (best.get('fp32') ?? 0) > HOPELESS_MS;
  const feeds = feedsOf(Tensor, provider);
  try {
    const runs: [GraphName, () => Promise<unknown>][] = [];
    for (const [name, graph, values] of feeds) {
      if (best.has('fp32') && isOver()) break;
      const session = await InferenceSession.create(graph, { executionProviders: [provider], logSeverityLevel: 4 });
      sessions.push(session);
      // The first session starts the runtime itself.
      startedMs ??= nowMs();
      const run = (): Promise<unknown> => session.run(values);
      runs.push([name, run]);
      best.set(name, await takeTurn(run, nowMs));
    }
    for (let turn = 1; turn < TURNS; turn++) {
      for (const [name, run] of runs)
        if (!isOver()) best.set(name, Math.min(best.get(name)!, await takeTurn(run, nowMs)));
    }
  } finally {
    await Promise.all(sessions.map((session) => session.release()));
  }
  const of = (name: GraphName): number => best.get(name) ?? best.get('fp32')!;
  return { fp32: of('fp32'), int8: of('int8'), q4: of('q4'), stream: of('stream'), call: of('call') };
}

/**
 * Mean milliseconds of as many runs as fill a turn. It begins when the clock has ticked, so that nothing of it is lost,
 * and after a run, which finds cold caches and, the first time, kernels to compile.
 */
async function takeTurn(run: () => Promise<unknown>, nowMs: () => number): Promise<number> {
  const beforeMs = nowMs();
  let startMs = beforeMs;
  while (startMs === beforeMs) {
    await run();
    startMs = nowMs();
  }
  for (let runs = 1; ; runs++) {
    await run();
    const tookMs = nowMs() - startMs;
    if (tookMs >= TURN_MS) return tookMs / runs;
  }
}

/** What to run with what, the f32 product early: it decides whether the rest is worth its time. */
function feedsOf(
  Float32Tensor: GraphRuntime['Tensor'],
  provider: 'wasm' | 'webgpu',
): [GraphName, Uint8Array, InferenceSession.FeedsType][] {
  const { tokens, inner, streamInner, streamOuter } = probeShape;
  const tensor = (...dims: number[]): Tensor =>
    new Float32Tensor('float32', mixed(dims.reduce((product, size) => product * size)), dims);
  const stream = { a: tensor(1, streamInner) };
  const a = tensor(tokens, inner);
  return [
    ['call', bytesOf(probeGraphs.call), { a: tensor(8) }],
    ['fp32', bytesOf(probeGraphs.fp32), { a }],
    provider === 'webgpu'
      ? ['stream', bytesOf(residentStreamGraph), stream]
      : ['stream', bytesOf(probeGraphs.stream), { ...stream, b: tensor(streamInner, streamOuter) }],
    ['q4', bytesOf(probeGraphs.q4), { a }],
    ['int8', bytesOf(probeGraphs.int8), { a }],
  ];
}

/** Plain values of mixed sign: denormals or zeros could take another path through a kernel. */
function mixed(length: number): Float32Array {
  const values = new Float32Array(length).fill(0.25);
  for (let i = 0; i < Math.min(length, 8192); i += 2) values[i] = -0.5;
  return values;
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
