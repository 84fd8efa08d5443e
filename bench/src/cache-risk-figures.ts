import { createHash } from 'node:crypto';
import { mean, type Example } from '@terrace/core';
import {
  calibratePairs,
  certifyHits,
  createMemoryResponseCache,
  createSemanticCache,
  GUARDED,
  guardFeatures,
  NEIGHBOURS,
  scoreOf,
  type ScoredRow,
} from '@terrace/core/cache';
import { FURTHER_TRAPS, TRAPS, UNSEEN_TRAPS } from '@terrace/core/testing';
import { createVectorIndex } from '@terrace/core/vectors';
import { systemClock } from '@terrace/node-host';
import { seededRandom, shuffled, type Figure } from './report.js';

const BOUNDS = [0.01, 0.02, 0.05];
const DELTA = 0.05;
const POPULATIONS = 1_000;
const HALVES = 1_000;
/** A share of 1,000 draws that is at most `rate`, with the error of the draws. */
const limitOf = (rate: number, draws: number): number => rate * draws + 3 * Math.sqrt(rate * (1 - rate) * draws);

/** What gateways ship. */
const PLAIN_COSINE = 0.9;

/** Populations of scores whose chance of a wrong hit at each score is known. */
export function simulatedHits(): Figure[] {
  return BOUNDS.map((maxWrongHitRate) => {
    const random = seededRandom(Math.round(maxWrongHitRate * 1_000));
    let exceeded = 0;
    let certified = 0;
    for (let i = 0; i < POPULATIONS; i++) {
      const wrongAt = drawPopulation(maxWrongHitRate, random);
      const rows = Array.from({ length: [300, 1_000, 3_000][i % 3]! }, () => {
        const score = random();
        return { score, right: random() >= wrongAt(score) };
      });
      const certificate = certifyHits(rows, { maxWrongHitRate, delta: DELTA });
      if (!certificate) continue;
      certified++;
      if (riskAbove(wrongAt, certificate.threshold) > maxWrongHitRate) exceeded++;
    }
    const limit = limitOf(DELTA, POPULATIONS);
    return {
      name: `populations that exceed ${maxWrongHitRate}`,
      wanted: `at most 5 % plus sampling error (${Math.floor(limit)} of ${POPULATIONS})`,
      measured: `${exceeded}; ${certified} certified`,
      holds: exceeded <= limit,
    };
  });
}

type WrongAt = (score: number) => number;

/** Errors that fall with the score, with a noisy top, in one step, or everywhere just above what is allowed. */
function drawPopulation(allowed: number, random: () => number): WrongAt {
  const worst = 0.02 + 0.6 * random();
  const sharpness = 0.5 + 6 * random();
  const falling: WrongAt = (score) => worst * (1 - score) ** sharpness;
  const kind = Math.floor(4 * random());
  if (kind === 0) return falling;
  if (kind === 1) return (score) => (score > 0.95 ? 3 * allowed : falling(score));
  const at = random();
  if (kind === 2) return (score) => (score > at ? allowed / 2 : allowed + 0.3);
  return () => allowed * 1.02;
}

function riskAbove(wrongAt: WrongAt, threshold: number): number {
  const steps = 2_000;
  return mean(Array.from({ length: steps }, (_, i) => wrongAt(threshold + ((i + 0.5) / steps) * (1 - threshold))));
}

const startHash = () => {
  const running = createHash('sha256');
  return { update: (bytes: Uint8Array) => void running.update(bytes), digest: () => running.digest('hex') };
};

/** Every pair is asked of a certified cache whose encoder takes all texts for the same, both ways. */
export async function trapped(): Promise<Figure[]> {
  const store = createMemoryResponseCache();
  const vector = Float32Array.of(1, 0);
  const ports = {
    store,
    embed: async (texts: readonly string[]) => ({ encoder: 'blind', vectors: texts.map(() => vector) }),
    createIndex: createVectorIndex,
    clock: systemClock,
    random: () => 0.999,
    startHash,
  };
  const kind = { task: 'text-generation', domain: undefined };
  // A word of its own, as a pair counts once; letters, as a number is a rule of the guard.
  const wordOf = (i: number): string => i.toString(2).replaceAll('0', 'x').replaceAll('1', 'z');
  const same = Array.from({ length: 1_000 }, (_, i) => {
    const a = `the same ${wordOf(i)}`;
    return { a, b: `${a}.`, same: true };
  });
  await calibratePairs(same, { ...ports, ...kind, maxWrongHitRate: 0.01 });
  const cache = await createSemanticCache({ ...ports, settings: { maxWrongHitRate: 0.01, auditShare: 0.02 } });
  const ask = (text: string, key: string, scope: string) => cache.look({ ...kind, text, key, scope });
  const keep = async (text: string, scope: string): Promise<void> => {
    const look = await ask(text, `${scope} kept`, scope);
    cache.answered({ ...kind, text, key: `${scope} kept`, scope }, look, { answerId: text, kept: true });
  };
  const outcomes = { traps: 0, slipped: 0, same: 0, elsewhere: 0 };
  for (const [i, { a, b }] of [...TRAPS, ...UNSEEN_TRAPS, ...FURTHER_TRAPS].entries()) {
    for (const [kept, asked] of [
      [a, b],
      [b, a],
    ] as const) {
      const scope = `${i} ${kept}`;
      await keep(kept, scope);
      outcomes.traps++;
      if ((await ask(asked, `${scope} asked`, scope)).kind === 'hit') outcomes.slipped++;
      if ((await ask(kept, `${scope} again`, scope)).kind === 'hit') outcomes.same++;
      if ((await ask(kept, `${scope} again`, `${scope}, another tenant or system prompt`)).kind === 'hit') {
        outcomes.elsewhere++;
      }
      // A cache that grows would leave what it is certified for.
      cache.forget([`${scope} kept`]);
    }
  }
  await cache.close();
  const { traps, slipped, elsewhere } = outcomes;
  return [
    {
      name: `wrong hits of ${traps} asks at cosine 1, ${UNSEEN_TRAPS.length} of the pairs by another hand`,
      wanted: 'none',
      measured: `${slipped}`,
      holds: slipped === 0,
    },
    {
      name: 'hits in a scope of another tenant or system prompt',
      wanted: 'none',
      measured: `${elsewhere}`,
      holds: elsewhere === 0,
    },
    {
      name: 'the same question under another key',
      wanted: 'all are hits',
      measured: `${outcomes.same} of ${traps}`,
      holds: outcomes.same === traps,
    },
  ];
}

/** Sentences of which some are kept with their labels, and others ask. */
export interface Population {
  readonly cached: readonly Example[];
  readonly asked: readonly Example[];
  readonly cachedVectors: readonly Float32Array[];
  readonly askedVectors: readonly Float32Array[];
}

interface AskedRow extends ScoredRow {
  readonly cosine: number;
}

/** A random half of the rows of each label is kept, the others ask. */
export function halfOfEachLabel(rows: readonly Example[]): Pick<Population, 'cached' | 'asked'> {
  const random = seededRandom(4);
  const byLabel = new Map<string, Example[]>();
  for (const row of rows) byLabel.set(row.label, [...(byLabel.get(row.label) ?? []), row]);
  const cached: Example[] = [];
  const asked: Example[] = [];
  for (const ofLabel of byLabel.values()) {
    shuffled(ofLabel.length, random).forEach((at, i) => (i % 2 === 0 ? cached : asked).push(ofLabel[at]!));
  }
  return { cached, asked };
}

export function hitsOn(population: Population): Figure[] {
  const rows = scoreRows(population);
  const random = seededRandom(3);
  const halves = Array.from({ length: HALVES }, () => {
    const order = shuffled(rows.length, random);
    const half = Math.floor(order.length / 2);
    return [order.slice(0, half), order.slice(half)].map((part) => part.map((i) => rows[i]!));
  });
  const plain = seenAt(rows, ({ cosine }) => cosine >= PLAIN_COSINE);
  return [
    ...BOUNDS.map((maxWrongHitRate): Figure => {
      const outcomes = halves.map(([fitted, held]) => {
        const certificate = certifyHits(fitted!, { maxWrongHitRate, delta: DELTA });
        return certificate && seenAt(held!, ({ score }) => score >= certificate.threshold);
      });
      const certified = outcomes.flatMap((outcome) => outcome ?? []);
      const exceeded = certified.filter(({ wrongShare }) => wrongShare > maxWrongHitRate).length;
      const hitRate = mean(outcomes.map((outcome) => outcome?.hitRate ?? 0));
      return {
        name: `halves that exceed ${maxWrongHitRate}`,
        wanted: `at most 10 % plus sampling error (${Math.floor(limitOf(0.1, HALVES))} of ${HALVES})`,
        measured: `${exceeded}; ${certified.length} certified, hit rate ${percent(hitRate)} (none counted as 0), wrong ${percent(certified.length > 0 ? mean(certified.map(({ wrongShare }) => wrongShare)) : 0)}`,
        holds: exceeded <= limitOf(0.1, HALVES),
      };
    }),
    {
      name: `a plain cosine of ${PLAIN_COSINE}`,
      wanted: 'beside it',
      measured: `hit rate ${percent(plain.hitRate)}, wrong ${percent(plain.wrongShare)}`,
      holds: true,
    },
    {
      name: 'asks that the guard stopped',
      wanted: 'beside it',
      measured: percent(mean(rows.map(({ score }) => Number(score === GUARDED)))),
      holds: true,
    },
  ];
}

function scoreRows({ cached, asked, cachedVectors, askedVectors }: Population): AskedRow[] {
  const index = createVectorIndex(cachedVectors[0]!.length);
  for (const [id, vector] of cachedVectors.entries()) index.add(id, vector);
  const features = cached.map(({ text }) => guardFeatures(text));
  return asked.map(({ text, label }, i) => {
    const nearest = index
      .search(askedVectors[i]!, NEIGHBOURS)
      .map(({ id, cosine }) => ({ cosine, features: features[id]!, answerId: cached[id]!.label }));
    const score = scoreOf({ features: guardFeatures(text), nearest, answers: 'labels' });
    return { score, right: nearest[0]!.answerId === label, cosine: nearest[0]!.cosine };
  });
}

function seenAt(rows: readonly AskedRow[], isHit: (row: AskedRow) => boolean) {
  const hits = rows.filter(isHit);
  const wrong = hits.filter(({ right }) => !right).length;
  return { hitRate: hits.length / rows.length, wrongShare: hits.length === 0 ? 0 : wrong / hits.length };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
