import { InferenceSession } from 'onnxruntime-node';
import { clockMs, RunTimes } from './text-run-times.js';

// The worker of the product as it is; only when its graph runs is written down, at a microsecond or two a run.
const times = RunTimes.shared();
const create = InferenceSession.create.bind(InferenceSession);
Object.assign(InferenceSession, {
  async create(...given: Parameters<typeof create>) {
    const session = await create(...given);
    const run = session.run.bind(session);
    /** Writes what the run before it wrote, to the same places. */
    const again = async (fed: Parameters<typeof run>): Promise<number> => {
      const startMs = clockMs();
      await run(...fed).catch(() => undefined);
      return clockMs() - startMs;
    };
    return Object.assign(session, {
      run(...fed: Parameters<typeof run>) {
        const { isRepeated } = times;
        const time = times.begin();
        const ran = run(...fed).finally(time.end);
        if (!isRepeated) return ran;
        return ran.finally(async () => {
          // Messages that came in the meantime are heard beside the first.
          await again(fed);
          time.again(await again(fed));
        });
      },
    });
  },
});
await import(new URL('engine/text/text-worker.js', import.meta.resolve('@terrace/node-host')).href);
