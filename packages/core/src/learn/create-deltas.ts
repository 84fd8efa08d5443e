import { UnknownRevisionError } from '../errors/unknown-revision-error.js';
import { createTurns } from '../wait/turns.js';
import { checkExamples } from './check-examples.js';
import { composeDomains } from './compose-domains.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { Deltas } from './deltas.js';
import { evaluateRevision } from './evaluate-revision.js';
import { fitDomain } from './fit-domain.js';
import { requireAsk } from './require-ask.js';

/** The life of deltas on this host. Fits run one after the other: each is more than one device has to spare. */
export function createDeltas(ports: DeltasPorts): Deltas {
  const { revisions, catalog } = ports;
  const turns = createTurns();
  return {
    async check(ask, { signal } = {}) {
      requireAsk('check', ask);
      const { checked } = await checkExamples(ask, { clock: ports.clock, signal });
      return checked.report;
    },
    async fit(ask, options = {}) {
      requireAsk('fit', ask);
      return turns(() => fitDomain(ask, ports, options), options.signal);
    },
    async compose(ask, options = {}) {
      requireAsk('compose', ask);
      return turns(() => composeDomains(ask, ports, options), options.signal);
    },
    async evaluate(ask, options = {}) {
      requireAsk('evaluate', ask);
      return evaluateRevision(ask, ports, options);
    },
    async revisions(domain) {
      requireAsk('revisions', domain);
      const [kept, current] = await Promise.all([revisions.list(domain), revisions.current(domain)]);
      return { revisions: kept, inForce: current?.id };
    },
    async promote(domain, revision) {
      requireAsk('promote', domain, revision);
      return revisions.activate(domain, revision);
    },
    async rollback(domain) {
      requireAsk('rollback', domain);
      const current = await revisions.current(domain);
      if (!current) {
        throw new UnknownRevisionError({
          message: `There is nothing to go back to in "${domain}".`,
          hint: catalog.current().domains.some(({ id }) => id === domain)
            ? 'What is in force is what it came with.'
            : 'There is no such domain.',
          facts: { domain },
        });
      }
      await revisions.activate(domain, current.parent);
      return revisions.current(domain);
    },
  };
}
