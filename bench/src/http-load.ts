import { Pool, type Dispatcher } from 'undici';

/** A request that is built before the clock runs. */
export interface Prepared {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface LoadResult {
  readonly totalMs: number;
  readonly latenciesMs: readonly number[];
  /** Of all answers, bodies alone. */
  readonly bytes: number;
}

/** Sends requests over as many kept-alive connections as there are at a time. */
export interface HttpLoad {
  /** @throws for an answer that is none */
  run(requests: readonly Prepared[]): Promise<LoadResult>;
  close(): Promise<void>;
}

/** As cheap as it can be, as it shares the cores with whom it measures: answers are counted, and not read. */
export function openLoad(url: string, concurrency: number): HttpLoad {
  const pool = new Pool(url, { connections: concurrency, pipelining: 1 });
  return {
    async run(requests) {
      const latenciesMs: number[] = [];
      let next = 0;
      let bytes = 0;
      const client = async (): Promise<void> => {
        for (let i = next++; i < requests.length; i = next++) {
          const fromMs = performance.now();
          bytes += await send(pool, requests[i]!);
          latenciesMs.push(performance.now() - fromMs);
        }
      };
      const fromMs = performance.now();
      await Promise.all(Array.from({ length: concurrency }, client));
      return { totalMs: performance.now() - fromMs, latenciesMs, bytes };
    },
    close: () => pool.close(),
  };
}

/** @returns bytes of the body */
function send(pool: Pool, request: Prepared): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart(_, status) {
        if (status !== 200) throw new Error(`${request.path} answered ${status}`);
      },
      onResponseData(_, chunk) {
        bytes += chunk.length;
      },
      onResponseEnd: () => resolve(bytes),
      onResponseError: (_, error) => reject(error),
    };
    pool.dispatch({ method: 'POST', ...request }, handler);
  });
}
