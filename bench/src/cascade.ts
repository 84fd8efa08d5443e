import { accuracyOf, argmax, fitLadder, mean, pickRows, simulateLadder, type Scored } from '@terrace/core';
import { dataFolder } from './environment.js';
import { printFigures, seededRandom, shuffled } from './report.js';
import { scoreClinc } from './scored-clinc.js';

const HALVES = 100;
const TIERS = ['nano', 'base'];

/** Figure 1: the cascade fitted on one half of CLINC150's in-scope validation rows, reported on the other. */
export async function cascade(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: cascade (TERRACE_DATA is not set)');
  const scored = await scoreClinc(data, TIERS);
  const { rows, timesMs } = scored;
  const inScope = rows.truth.flatMap((truth, i) => (rows.labels[truth] === rows.outOfScopeLabel ? [] : [i]));
  const random = seededRandom(1);
  const halves = Array.from({ length: HALVES }, () => half(scored, inScope, random));
  const of = (key: keyof (typeof halves)[number]): number => mean(halves.map((each) => each[key]));
  printFigures(`Cascade on CLINC150 validation, ${HALVES} random halves`, [
    {
      name: 'mean accuracy, cascade against base',
      wanted: 'at least base',
      measured: `${of('accuracy').toFixed(4)} against ${of('alone').toFixed(4)} (${halves.filter(({ accuracy, alone }) => accuracy >= alone).length} of ${HALVES} halves at or above)`,
      holds: of('accuracy') >= of('alone'),
    },
    {
      name: 'relative cost (time of the cascade over base)',
      wanted: 'at most .35, aim .25',
      measured: `${of('cost').toFixed(3)}; ${(of('climbed') * 100).toFixed(1)} % climb; nano ${mean(timesMs['nano']!).toFixed(3)} ms, base ${mean(timesMs['base']!).toFixed(3)} ms a row`,
      holds: of('cost') <= 0.35,
    },
  ]);
}

function half({ rows, timesMs }: Scored, inScope: readonly number[], random: () => number) {
  const order = shuffled(inScope.length, random).map((i) => inScope[i]!);
  const fitOn = order.slice(0, order.length / 2).toSorted((a, b) => a - b);
  const reportOn = order.slice(order.length / 2);
  const relativeCosts = TIERS.map((tier) => mean(timesMs[tier]!) / mean(timesMs['base']!));
  const policy = fitLadder({ rows: pickRows(rows, fitOn), tiers: TIERS, relativeCosts });
  const endings = simulateLadder(policy, pickRows(rows, reportOn));
  const spent = endings.map(({ tiers }, i) => tiers.reduce((sum, tier) => sum + timesMs[tier]![reportOn[i]!]!, 0));
  const alone = reportOn.map((row) => ({ right: argmax(rows.logProbs['base']![row]!) === rows.truth[row] }));
  return {
    accuracy: accuracyOf(endings),
    alone: accuracyOf(alone),
    cost: mean(spent) / mean(reportOn.map((row) => timesMs['base']![row]!)),
    climbed: mean(endings.map(({ tiers }) => Number(tiers.includes('base')))),
  };
}
