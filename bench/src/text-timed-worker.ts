import { InferenceSession } from 'onnxruntime-node';
import { RunTimes } from './text-run-times.js';

// The worker of the product as it is; only when its graph runs is written down, at a microsecond or two a run.
const times = RunTimes.shared();
const create = InferenceSession.create.bind(InferenceSession);
Object.assign(InferenceSession, {
  async create(...given: Parameters<typeof create>) {
    const session = await create(...given);
    const run = session.run.bind(session);
    return Object.assign(session, {
      run(...fed: Parameters<typeof run>) {
        const end = times.begin();
        return run(...fed).finally(end);
      },
    });
  },
});
await import(new URL('engine/text/text-worker.js', import.meta.resolve('@terrace/node-host')).href);
