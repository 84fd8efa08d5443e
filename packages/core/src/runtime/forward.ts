import type { ForwardedAnswer } from '../remote/forward-chat.js';
import type { ForwardJob } from '../remote/forward.js';
import { newRequestId } from '../request/request-id.js';
import type { RuntimePorts, Stages } from './stages.js';

/** Passes a chat on by what asks endpoints, once that is here. @throws what `forwardChat` throws */
export async function forward({
  job,
  ports: { loadRemote, clock, random, catalog, budget },
  stages: { remotes, recorder },
}: {
  job: ForwardJob;
  ports: RuntimePorts;
  stages: Pick<Stages, 'remotes' | 'recorder'>;
}): Promise<ForwardedAnswer> {
  await remotes.open(job.endpoint, job.signal);
  const { forwardChat } = await loadRemote!();
  return forwardChat({
    job,
    requestId: newRequestId(random),
    catalogRevision: catalog.current().revision,
    remotes,
    record: recorder.add,
    clock,
    budget,
  });
}
