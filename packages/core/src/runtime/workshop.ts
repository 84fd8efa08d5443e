import type { Workshop } from '../learn/workshop.js';
import { isLocalRung, type LocalRung, type RatedTier } from '../recommend/choose-ladder.js';
import { planFor } from './prepare.js';
import type { Stages } from './stages.js';

/** What fitting borrows of a runtime. Its runs pass the scheduler by: whoever borrows keeps them short. */
export const createWorkshop = ({
  planner,
  loader,
  scheduler,
}: Pick<Stages, 'planner' | 'loader' | 'scheduler'>): Workshop => ({
  async rungs(signal) {
    const { ranked } = await planFor({ task: 'feature-extraction' }, planner, signal);
    return ranked.filter(takesDeltas);
  },
  async variants(signal) {
    const { fitting } = await planFor({ task: 'feature-extraction' }, planner, signal);
    return fitting.filter(takesDeltas);
  },
  borrow({ tier, estimate: { provider, predictedMs: expectedRunMs, memoryBytes } }, { delta, signal } = {}) {
    return loader.acquire({ ...tier, delta }, { provider, expectedRunMs, memoryBytes }, signal);
  },
  isIdle: () => scheduler.isIdle(),
});

const takesDeltas = (rung: RatedTier): rung is LocalRung =>
  isLocalRung(rung) && rung.tier.model.interface === 'terrace';
