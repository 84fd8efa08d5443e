import { Worker } from 'node:worker_threads';
import type { MipSolution, MipSolver } from '@terrace/core/deploy';
import { createTurns, EngineError, type Lifeline } from '@terrace/core/engine';
import { wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { watchWorker } from '../engine/worker-life.js';

interface SolverThread {
  readonly worker: Worker;
  readonly remote: Remote<MipSolver>;
  readonly life: Lifeline;
}

/** Windows are planned seldom: the thread ends, and gives back its memory, when none has been for so long. */
const IDLE_MS = 10_000;

/**
 * HiGHS in a thread of its own, for a process that has requests to answer meanwhile. The thread starts with the first
 * program, and anew after one that ended it.
 * @param workerUrl the compiled worker; tests that run from sources name the built one
 */
export function createSolverThread(workerUrl: URL = new URL('./solver-worker.js', import.meta.url)): MipSolver {
  const inTurn = createTurns();
  let thread: SolverThread | undefined;
  let idle: NodeJS.Timeout | undefined;
  let closed = false;

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ending = thread;
    thread = undefined;
    await ending?.worker.terminate();
  }

  return {
    solve: (program) =>
      inTurn(async () => {
        if (closed) throw solverClosed();
        clearTimeout(idle);
        if (!thread || thread.life.ended()) thread = startThread(workerUrl);
        const { life, remote } = thread;
        try {
          return await life.guard<MipSolution>(() => remote.solve(program));
        } finally {
          idle = setTimeout(() => void end(), IDLE_MS);
          idle.unref();
        }
      }),
    /** Ends a program that is under way: the thread has nothing else to do. */
    async close() {
      closed = true;
      await end();
    },
  };
}

function startThread(workerUrl: URL): SolverThread {
  useErrorEnvelope();
  const worker = new Worker(workerUrl, { name: 'terrace-solver', execArgv: [] });
  return { worker, remote: wrap<MipSolver>(nodeEndpoint(worker)), life: watchWorker(worker, () => 'window planning') };
}

function solverClosed(): EngineError {
  return new EngineError({
    message: 'The solver that plans windows was closed.',
    hint: 'Plan windows before the deployment is closed.',
  });
}
