import { expect, it } from 'vitest';
import type { Script } from '../../testing/scripted-text.js';
import { fold } from '../fold.js';
import { textWalkOver } from './testing/text-walk-world.js';

const whole = { features: ['agreement' as const], intercept: 0, weights: [8], means: [0.5], spreads: [1] };

it.each([
  [250, undefined],
  [350, 0],
])('an answer that took 100 ms is drawn again where two more such fit into %i ms', async (deadlineMs, agreement) => {
  const script: Script = {
    answers: ({ generation }) => (generation.n === 2 ? 'Rome.' : 'Paris.'),
    onTurn: () => world.clock.advance(100),
  };
  const world = textWalkOver([{ script, calibration: { whole } }]);
  const { features, verdict } = await fold(world.walk({ listens: false, deadlineMs }).steps());
  expect(features.agreement).toBe(agreement);
  expect(verdict.degraded).toBeUndefined();
});
