import { UnknownRevisionError } from '../errors/unknown-revision-error.js';
import { createTurns } from '../wait/turns.js';
import { checkExamples } from './check-examples.js';
import { composeDomains } from './compose-domains.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { Deltas } from './deltas.js';
import { evaluateRevision } from './evaluate-revision.js';
import { fitDomain } from './fit-domain.js';

/** The life of deltas on this host. Fits run one after the other: each is more than one device has to spare. */
export function createDeltas(ports: DeltasPorts): Deltas {
  const { revisions, catalog } = ports;
  const turns = createTurns();
  return {
    async check(ask, { signal } = {}) {
      const { checked } = await checkExamples(ask, { clock: ports.clock, signal });
      return checked.report;
    },
    fit: (ask, options = {}) => turns(() => fitDomain(ask, ports, options), options.signal),
    compose: (ask, options = {}) => turns(() => composeDomains(ask, ports, options), options.signal),
    evaluate: (ask, options = {}) => evaluateRevision(ask, ports, options),
    async revisions(domain) {
      const [kept, current] = await Promise.all([revisions.list(domain), revisions.current(domain)]);
      return { revisions: kept, inForce: current?.id };
    },
    promote: (domain, revision) => revisions.activate(domain, revision),
    async rollback(domain) {
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
