import type { LiveSet, LiveSets } from './live-set.js';
import type { WindowProgram } from './window-program.js';

/** Rewards and costs that differ by less are the same. */
const SAME = 1e-9;

/**
 * Of windows that are as good, takes the cheaper one, then the one whose arms are live already, then the one with lower
 * numbers: nothing is switched without a reason, whichever optimum a solver happens to find.
 */
export function settleTies(program: WindowProgram, sets: LiveSets, found: LiveSet): LiveSet {
  let best = found;
  const { live, required } = program;
  const preferred = [...live.keys()].toSorted((a, b) => live[b]! - live[a]! || a - b);
  const rank = new Map(preferred.map((arm, place) => [arm, place]));
  for (const arm of found.live.toSorted((a, b) => rank.get(b)! - rank.get(a)!)) {
    if (required[arm] === 1) continue;
    for (const other of preferred) {
      if (best.live.includes(other)) continue;
      const changed = sets.of([...best.live.filter((one) => one !== arm), other]);
      if (!changed?.withinBudget || changed.reward < best.reward - SAME) continue;
      const saved = best.cost - changed.cost;
      const least = SAME * best.cost;
      if (saved > least || (saved >= -least && rank.get(other)! < rank.get(arm)!)) {
        best = changed;
        break;
      }
    }
  }
  return best;
}

/**
 * Fills the slots that are left with those of whose rewards least is known. They may be had for what the budget has left:
 * what a plan needs is not spent on curiosity.
 */
export function fillSlots(program: WindowProgram, sets: LiveSets, found: LiveSet): LiveSet {
  const { width, live, fixedCost, requests, budget, maxLive } = program;
  const unknown = [...width.keys()].toSorted((a, b) => width[b]! - width[a]! || live[b]! - live[a]! || a - b);
  let filled = found;
  for (const arm of unknown) {
    if (filled.live.length >= maxLive) break;
    const extra = fixedCost[arm]! / requests;
    if (filled.live.includes(arm) || (extra > 0 && filled.cost + extra > budget)) continue;
    const more = sets.of([...filled.live, arm]);
    if (more?.withinBudget) filled = more;
  }
  return filled;
}
