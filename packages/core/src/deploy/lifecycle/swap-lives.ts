import { advanceLife } from './advance-life.js';
import type { ModelLife } from './model-life.js';

/**
 * The lives once others answer: those in `live` stay, all other live ones begin to drain. Where none of `live` can answer
 * yet, nothing changes: what answers is let go only when something else does.
 * @param reasonOf why a model has to go
 */
export function swapLives({
  lives,
  live,
  reasonOf,
  atWallMs,
}: {
  readonly lives: readonly ModelLife[];
  readonly live: ReadonlySet<string>;
  readonly reasonOf: (model: string) => string;
  readonly atWallMs: number;
}): readonly ModelLife[] {
  const back = lives.map((life) =>
    life.stage === 'draining' && live.has(life.model) ? advanceLife(life, { kind: 'plan' }, atWallMs) : life,
  );
  if (!back.some(({ stage, model }) => stage === 'live' && live.has(model))) return lives;
  return back.map((life) =>
    life.stage === 'live' && !live.has(life.model)
      ? advanceLife(life, { kind: 'replaced', reason: reasonOf(life.model) }, atWallMs)
      : life,
  );
}
