import {
  certify,
  fitLadder,
  ladderEndings,
  mean,
  pickRows,
  type GridPoint,
  type LadderCalibration,
  type ScoredRows,
} from '@terrace/core';
import { dataFolder } from './environment.js';
import { printFigures, seededRandom, shuffled, type Figure } from './report.js';
import { scoreClinc } from './scored-clinc.js';

const POPULATIONS = 1000;
const HALVES = 100;
const BOUNDS = [
  { maxRisk: 0.02, points: 6 },
  { maxRisk: 0.03, points: 4 },
  { maxRisk: 0.05, points: 2 },
];

/** Figure 2: how often the bound breaks where the truth is known, and how much coverage it costs on real rows. */
export async function risk(): Promise<void> {
  printFigures(
    `Risk on ${POPULATIONS} simulated populations`,
    BOUNDS.map(({ maxRisk }) => simulated(maxRisk)),
  );
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: risk on CLINC150 (TERRACE_DATA is not set)');
  const { rows } = await scoreClinc(data, ['nano', 'base']);
  printFigures(`Risk on CLINC150 validation with out-of-scope rows, ${HALVES} random halves`, onHalves(rows));
}

/**
 * A population of confidences with a known chance of error at each: sharp or blunt, well or badly
 * calibrated, easy or hard. The threshold certified on a sample is held against the true risk.
 */
function simulated(maxRisk: number): Figure {
  const random = seededRandom(Math.round(maxRisk * 1000));
  let exceeded = 0;
  let certified = 0;
  for (let i = 0; i < POPULATIONS; i++) {
    const population = drawPopulation(random);
    const rows = 500 + Math.floor(random() * 2500);
    const sample = Array.from({ length: rows }, () => {
      const confidence = random();
      return { confidence, wrong: random() < population(confidence) };
    });
    const threshold = certify({ grid: gridOf(sample), rows, maxRisk })?.threshold;
    if (threshold === undefined) continue;
    certified++;
    if (trueRisk(population, threshold) > maxRisk) exceeded++;
  }
  const limit = 0.05 * POPULATIONS + 3 * Math.sqrt(0.05 * 0.95 * POPULATIONS);
  return {
    name: `populations whose true risk exceeds ${maxRisk}`,
    wanted: `at most 5 % plus sampling error (${Math.floor(limit)} of ${POPULATIONS})`,
    measured: `${exceeded}; ${certified} certified`,
    holds: exceeded <= limit,
  };
}

type Population = (confidence: number) => number;

/** Confidence is uniform in [0, 1]; the chance of error falls with it, sometimes with a bump of confident errors. */
function drawPopulation(random: () => number): Population {
  const worst = 0.02 + 0.5 * random();
  const sharpness = 0.5 + 6 * random();
  const floor = random() < 0.5 ? 0 : 0.04 * random();
  const bump = random() < 0.3 ? { at: random(), width: 0.02 + 0.1 * random(), height: 0.2 * random() } : undefined;
  return (confidence) => {
    const smooth = floor + worst * (1 - confidence) ** sharpness;
    const extra = bump && Math.abs(confidence - bump.at) < bump.width ? bump.height : 0;
    return Math.min(1, smooth + extra);
  };
}

function trueRisk(population: Population, threshold: number): number {
  const steps = 4000;
  return mean(Array.from({ length: steps }, (_, i) => population(threshold + ((i + 0.5) / steps) * (1 - threshold))));
}

function gridOf(sample: readonly { confidence: number; wrong: boolean }[]): GridPoint[] {
  const sorted = sample.toSorted((a, b) => b.confidence - a.confidence);
  let wrong = 0;
  const errors = sorted.map((row) => (wrong += Number(row.wrong)));
  return Array.from({ length: 100 }, (_, i) => {
    const coverage = (i + 1) / 100;
    const accepted = Math.max(1, Math.floor(coverage * sorted.length));
    return {
      coverage,
      threshold: coverage === 1 ? 0 : sorted[accepted - 1]!.confidence,
      accepted,
      wrong: errors[accepted - 1]!,
    };
  });
}

function onHalves(rows: ScoredRows): Figure[] {
  const random = seededRandom(2);
  const halves = Array.from({ length: HALVES }, () => {
    const order = shuffled(rows.truth.length, random);
    const fitOn = order.slice(0, order.length / 2).toSorted((a, b) => a - b);
    const ladder = fitLadder({ rows: pickRows(rows, fitOn), tiers: ['nano', 'base'], relativeCosts: [0.1, 1] });
    return { ladder, fitted: fitOn.length, seen: seenAt(ladder, pickRows(rows, order.slice(order.length / 2))) };
  });
  return BOUNDS.flatMap(({ maxRisk, points }) => {
    const outcomes = halves.map(({ ladder, fitted, seen }) => {
      const threshold = certify({ grid: ladder.grid, rows: fitted, maxRisk })?.threshold;
      const at = threshold === undefined ? undefined : seen.find((each) => each.threshold === threshold);
      const hindsight = Math.max(
        0,
        ...seen.filter(({ wrongShare }) => wrongShare <= maxRisk).map(({ coverage }) => coverage),
      );
      return { held: (at?.wrongShare ?? 0) <= maxRisk, coverage: at?.coverage ?? 0, hindsight };
    });
    const held = outcomes.filter((each) => each.held).length;
    const coverage = mean(outcomes.map((each) => each.coverage));
    const hindsight = mean(outcomes.map((each) => each.hindsight));
    return [
      {
        name: `halves where the bound ${maxRisk} holds`,
        wanted: 'at least 90 of 100',
        measured: `${held} of ${HALVES}, ${outcomes.filter((each) => each.coverage > 0).length} certified`,
        holds: held >= 90,
      },
      {
        name: `coverage at ${maxRisk} under hindsight`,
        wanted: `at most ${points} points`,
        measured: `${((hindsight - coverage) * 100).toFixed(2)} points (${coverage.toFixed(4)} against ${hindsight.toFixed(4)})`,
        holds: hindsight - coverage <= points / 100,
      },
    ];
  });
}

/** What every threshold of the grid would have done on the other half. */
function seenAt(
  ladder: LadderCalibration,
  rows: ScoredRows,
): { threshold: number; coverage: number; wrongShare: number }[] {
  const endingsAt = ladderEndings(ladder, rows);
  return ladder.grid.map(({ threshold }) => {
    const accepted = endingsAt(threshold).filter(({ confidence }) => confidence >= threshold);
    const wrong = accepted.filter(({ right }) => !right).length;
    return {
      threshold,
      coverage: accepted.length / rows.truth.length,
      wrongShare: wrong / Math.max(1, accepted.length),
    };
  });
}
