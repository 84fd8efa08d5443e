import { parentPort, workerData } from 'node:worker_threads';
import type * as runtimeTypes from 'onnxruntime-node';
import type { ProbeTimings } from '@terrace/core';
import type { ComputeJob, ComputeReport } from './compute-protocol.js';
import { isInstalled } from './installed-backend.js';

/**
 * Each graph is timed in short turns, and the median of its calmest turn counts: a neighbour's burst, which lasted
 * tens of milliseconds and cost a factor of six, then falls on some turns and decides none.
 */
const TURNS = 5;
const TURN_MS = 5;
const FEWEST_RUNS_A_TURN = 3;
const MOST_RUNS_A_TURN = 60;

type Runtime = typeof runtimeTypes;
type GraphName = keyof ProbeTimings;
interface Bench {
  readonly name: GraphName;
  readonly session: runtimeTypes.InferenceSession;
  readonly feeds: runtimeTypes.InferenceSession.OnnxValueMapType;
  readonly medians: number[];
}

/**
 * Graphs that must run on the provider itself: where it leaves them to the CPU, which the runtime does without a word,
 * it does not count. The quantised ones may be left to it: not every provider has their kernels.
 */
const MUST_NOT_FALL_BACK: readonly GraphName[] = ['fp32', 'stream'];
const NO_FALL_BACK = { session: { disable_cpu_ep_fallback: '1' } } as const;

async function measure({ provider, graphs, shape }: ComputeJob): Promise<ComputeReport> {
  const runtime = await import('onnxruntime-node');
  // The caller is told of a provider that does not start; it need not be on stderr as well.
  runtime.env.logLevel = 'fatal';
  const startedMs = performance.now();
  const activations = tensor(runtime, [shape.tokens, shape.inner]);
  const feeds: Record<GraphName, runtimeTypes.InferenceSession.OnnxValueMapType> = {
    fp32: { a: activations },
    int8: { a: activations },
    q4: { a: activations },
    stream: { a: tensor(runtime, [1, shape.streamInner]), b: tensor(runtime, [shape.streamInner, shape.streamOuter]) },
    call: { a: tensor(runtime, [8]) },
  };
  const benches: Bench[] = [];
  for (const name of Object.keys(feeds) as GraphName[]) {
    const session = await runtime.InferenceSession.create(Buffer.from(graphs[name], 'base64'), {
      executionProviders: [provider],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      ...(provider !== 'cpu' && MUST_NOT_FALL_BACK.includes(name) && { extra: NO_FALL_BACK }),
    });
    benches.push({ name, session, feeds: feeds[name], medians: [] });
  }
  for (let turn = 0; turn < TURNS; turn += 1) for (const bench of benches) bench.medians.push(await takeTurn(bench));
  const timings = Object.fromEntries(benches.map(({ name, medians }) => [name, Math.min(...medians)]));
  await Promise.all(benches.map(({ session }) => session.release()));
  const measuringMs = performance.now() - startedMs;
  const listed = runtime
    .listSupportedBackends()
    .filter((backend) => isInstalled(backend))
    .map(({ name }) => name);
  return { kind: 'measured', timings: timings as ProbeTimings, measuringMs, listed };
}

/** Median milliseconds of one turn; its first run finds cold caches and is not counted. */
async function takeTurn({ session, feeds }: Bench): Promise<number> {
  await session.run(feeds);
  const times: number[] = [];
  const endMs = performance.now() + TURN_MS;
  while (times.length < MOST_RUNS_A_TURN && (times.length < FEWEST_RUNS_A_TURN || performance.now() < endMs)) {
    const startMs = performance.now();
    await session.run(feeds);
    times.push(performance.now() - startMs);
  }
  return median(times);
}

/** Plain values of mixed sign: denormals or zeros could take another path through a kernel. */
function tensor(runtime: Runtime, dims: readonly number[]): InstanceType<Runtime['Tensor']> {
  const values = new Float32Array(dims.reduce((product, size) => product * size, 1)).fill(0.25);
  for (let i = 0; i < Math.min(values.length, 8192); i += 2) values[i] = -0.5;
  return new runtime.Tensor('float32', values, dims);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

const report = await measure(workerData as ComputeJob).catch((error: unknown): ComputeReport => ({
  kind: 'unavailable',
  reason: String(error),
}));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(report);
