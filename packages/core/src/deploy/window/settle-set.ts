import { isAsGood } from './candidates.js';
import type { LiveSet, LiveSets } from './live-set.js';
import type { WindowProgram } from './window-program.js';

/**
 * Where another arm is as good in everything, takes the one that is live already, then the one with the lower number: nothing
 * is switched without a reason, whichever optimum a solver happens to find.
 */
export function settleTies(program: WindowProgram, sets: LiveSets, found: LiveSet): LiveSet {
  const live = new Set(found.live);
  for (const arm of found.live) {
    if (program.required[arm] === 1) continue;
    let best = arm;
    for (const other of program.live.keys()) if (!live.has(other) && isAsGood(program, other, best)) best = other;
    live.delete(arm);
    live.add(best);
  }
  const settled = sets.of([...live]);
  return settled?.withinBudget ? settled : found;
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
