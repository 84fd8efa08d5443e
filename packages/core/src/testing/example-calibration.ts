import type { Calibration, GridPoint, LadderCalibration, PathCalibration } from '../catalog/calibration.js';
import type { Catalog } from '../catalog/schema.js';
import { candidateTiers, tierIdentity } from '../catalog/tier.js';
import { fakeSha } from './example-catalog.js';

const ROWS = 1000;

/** What a ladder does with 1,000 rows of which the `share` it is least sure about holds all errors. */
export function exampleGrid({ wrong = 20, share = 0.1 }: { wrong?: number; share?: number } = {}): GridPoint[] {
  return Array.from({ length: 100 }, (_, i) => {
    const coverage = (i + 1) / 100;
    const doubtful = Math.max(0, coverage - (1 - share)) / share;
    return {
      coverage,
      threshold: coverage === 1 ? 0 : 1 - coverage,
      accepted: coverage * ROWS,
      wrong: Math.round(doubtful * wrong),
    };
  });
}

/** P(right) is the largest probability itself; a climb to `base` is expected to be right at .97 or more. */
function examplePath(tiers: readonly string[], ladder: readonly string[]): PathCalibration {
  const above = ladder.slice(ladder.indexOf(tiers.at(-1)!) + 1);
  return {
    tiers: [...tiers],
    weights: tiers.map(() => 1 / tiers.length),
    confidence: { intercept: 0, logit: 1, margin: 0 },
    outOfScopeThreshold: 0.8,
    climbs: above.map((tier) => ({ tier, intercept: 3.5, slope: 0.1 })),
  };
}

export function exampleLadder(tiers: readonly string[], changes: Partial<LadderCalibration> = {}): LadderCalibration {
  const [first = '', ...rest] = tiers;
  const paths = rest.reduce<string[][]>((all, tier) => [...all, ...all.map((path) => [...path, tier])], [[first]]);
  return {
    tiers: [...tiers],
    exchangeRate: 0.1,
    relativeCosts: tiers.map((_, i) => (i + 1) / tiers.length),
    paths: paths.map((path) => examplePath(path, tiers)),
    operating: { accuracy: 0.9 + 0.02 * tiers.length, calls: tiers.map((_, i) => 1 / (i + 1)) },
    grid: exampleGrid(),
    ...changes,
  };
}

/** A calibration of the domain `bank` for every ladder that the models of a catalog can form. */
export function exampleCalibration(catalog: Catalog, ladders?: LadderCalibration[]): Calibration {
  const tiers = candidateTiers(catalog, { task: 'text-classification', domain: 'bank', subDomain: undefined });
  const ids = [...new Set(tiers.map(({ id }) => id))];
  const identities = ids.map((id) => {
    const { variant, delta } = tierIdentity(tiers.find((tier) => tier.id === id)!);
    return [id, { variant, ...(delta !== undefined && { delta }) }] as const;
  });
  const subsets = ids.reduce<string[][]>((all, id) => [...all, ...all.map((set) => [...set, id]), [id]], []);
  return {
    format: 1,
    domain: 'bank',
    data: { fingerprint: fakeSha('rows'), rows: ROWS, outOfScopeRows: 100 },
    tiers: Object.fromEntries(identities),
    ladders: ladders ?? subsets.map((subset) => exampleLadder(subset)),
  };
}
