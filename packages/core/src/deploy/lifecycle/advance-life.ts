import type { LifeEvent, LifeStage, ModelLife } from './model-life.js';

/** A model that nobody has begun to bring into service. */
export const newLife = (model: string, atWallMs: number): ModelLife => ({
  model,
  stage: 'planned',
  sinceWallMs: atWallMs,
  reason: undefined,
  failures: 0,
});

/** Where each event leads from each stage; an event that means nothing there leads nowhere. */
const NEXT: Readonly<Record<LifeStage, Partial<Record<LifeEvent['kind'], LifeStage>>>> = {
  planned: { plan: 'downloading' },
  downloading: { downloaded: 'starting', failed: 'retired' },
  starting: { started: 'live', failed: 'retired' },
  live: { replaced: 'draining' },
  // What is planned again before it is out of memory answers at once.
  draining: { plan: 'live', drained: 'retired' },
  retired: { plan: 'downloading' },
};

/**
 * The life after an event. Pure and total.
 * @returns `life` itself where the event means nothing at its stage
 */
export function advanceLife(life: ModelLife, event: LifeEvent, atWallMs: number): ModelLife {
  const stage = NEXT[life.stage][event.kind];
  if (stage === undefined) return life;
  const { model, failures } = life;
  const sinceWallMs = atWallMs;
  switch (event.kind) {
    case 'failed':
      return { model, stage, sinceWallMs, reason: event.reason, failures: failures + 1 };
    case 'replaced':
      return { model, stage, sinceWallMs, reason: event.reason, failures };
    case 'drained':
      return { ...life, stage, sinceWallMs };
    case 'started':
      return { model, stage, sinceWallMs, reason: undefined, failures: 0 };
    case 'plan':
    case 'downloaded':
      return { model, stage, sinceWallMs, reason: undefined, failures };
    default:
      return event satisfies never;
  }
}
