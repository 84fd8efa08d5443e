import type { Catalog, Delta } from '../catalog/schema.js';
import type { Clock } from '../ports/clock.js';
import type { Request } from '../request/parse-request.js';
import type { Step } from './step.js';
import type { Result } from './result.js';
import type { Runtime } from './runtime-interface.js';
import type { TraceEntry } from './trace.js';

/** Sub-domains of a domain that are domains of their own: `bank/cards` of `bank`. */
export const narrowerDomains = ({ domains }: Catalog, domain: string): string[] =>
  domains.flatMap(({ id }) => (id.startsWith(`${domain}/`) ? [id] : []));

/** The request itself, or one for the domain that the sub-domain it names is. */
export function straightTo(request: Request, { domains }: Catalog): Request {
  const { domain, subDomain } = request;
  if (subDomain === undefined) return request;
  const id = `${domain}/${subDomain}`;
  return domains.some((each) => each.id === id) ? { ...request, domain: id, subDomain: undefined } : request;
}

/**
 * The one of these domains that an answer falls into, by its label or by the sub-domain the label is in. A bound was
 * certified for the answer itself, and for none that follows from it: such a request stays where it is.
 */
export function narrowerOf(
  narrower: readonly string[],
  {
    outer: { output, verdict },
    request: { maxRisk, subDomain },
    subDomains = {},
  }: { outer: Result; request: Request; subDomains: Delta['subDomains'] | undefined },
): string | undefined {
  if (output.kind !== 'classification' || output.outOfScope || verdict.kind !== 'accept') return undefined;
  if (maxRisk !== undefined || subDomain !== undefined) return undefined;
  const { label } = output;
  return narrower.find((id) => {
    const name = id.slice(id.indexOf('/') + 1);
    return name === label || (Object.hasOwn(subDomains, name) && subDomains[name]!.includes(label));
  });
}

/**
 * Asks the same request in a domain under its own, with what is left of its time and means: its steps on the clock of
 * the first one, then the answer, or the first one's where none comes. The ledger keeps both.
 */
export async function* narrow({
  request: { textBytes: _, deadlineMs, maxCostUsd, ...request },
  to,
  outer,
  leftMs,
  signal,
  clock,
  stream,
  note,
}: {
  request: Request;
  /** Undefined where the answer is final. */
  to: string | undefined;
  outer: Result;
  leftMs: number;
  signal: AbortSignal | undefined;
  clock: Clock;
  stream: Runtime['stream'];
  note: (entry: TraceEntry) => Step;
}): AsyncGenerator<Step, Result> {
  if (to === undefined || leftMs <= 0) return outer;
  yield note({ kind: 'narrow', from: request.domain!, to });
  const over = new AbortController();
  const forward = (): void => over.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  if (deadlineMs) void clock.sleep(leftMs, over.signal).then(() => over.abort(new Error('time was up')));
  const input = {
    ...request,
    domain: to,
    // An answer is there already: none is waited for beyond the end of this request.
    whenOffline: 'degrade',
    deadlineMs: deadlineMs && leftMs,
    maxCostUsd: maxCostUsd && Math.max(0, maxCostUsd - outer.costUsd),
  } as const;
  try {
    for await (const step of stream(input, { signal: over.signal })) {
      if (step.kind === 'result') return joined(outer, step.result);
      yield step.kind === 'trace' ? note(step.event) : step;
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    yield note({ kind: 'warning', message: `there is no answer of ${to}: ${(error as Error).message}` });
  } finally {
    over.abort();
    signal?.removeEventListener('abort', forward);
  }
  return outer;
}

/** The inner answer with what both took. */
const joined = ({ trace, queued, ...outer }: Result, inner: Result): Result => ({
  ...inner,
  trace,
  queued,
  costUsd: outer.costUsd + inner.costUsd,
  sentBytes: outer.sentBytes + inner.sentBytes,
});
