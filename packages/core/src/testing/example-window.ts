import type { WindowProgram } from '../deploy/window/window-program.js';

export interface WindowArm {
  readonly reward: number;
  readonly cost: number;
  readonly carries?: number;
  readonly fixedCost?: number;
  readonly width?: number;
  readonly required?: boolean;
  readonly live?: boolean;
  readonly least?: number;
}

/** A window of these arms: 3 may be live, of 100 requests at US$ 1 each, where nothing else is said. */
export function exampleWindow(
  arms: readonly WindowArm[],
  { maxLive = 3, requests = 100, budget = 1 }: Partial<Pick<WindowProgram, 'maxLive' | 'requests' | 'budget'>>,
): WindowProgram {
  return {
    rewardUpper: Float64Array.from(arms, ({ reward }) => reward),
    costLower: Float64Array.from(arms, ({ cost }) => cost),
    carries: Float64Array.from(arms, ({ carries = 1 }) => carries),
    fixedCost: Float64Array.from(arms, ({ fixedCost = 0 }) => fixedCost),
    width: Float64Array.from(arms, ({ width = 0 }) => width),
    required: Uint8Array.from(arms, ({ required = false }) => Number(required)),
    live: Uint8Array.from(arms, ({ live = false }) => Number(live)),
    least: Float64Array.from(arms, ({ least = 0 }) => least),
    maxLive,
    requests,
    budget,
  };
}
