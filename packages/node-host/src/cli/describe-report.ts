import type { Drift, Latency, LedgerReport, Part, Placement, Proportion, Spent } from '@terrace/core';
import { bytes, ms, percent, table } from './output.js';

/** A report for people. */
export function describeReport(
  report: LedgerReport,
  { since, domain }: { readonly since?: number; readonly domain?: string },
): string {
  if (report.requests === 0) {
    const which = domain === undefined ? '' : ` in the domain ${domain}`;
    const when = since === undefined ? ' yet' : ' in that time';
    return `no requests${which}${when}: \`terrace run\` makes one`;
  }
  return [
    table(endings(report)),
    ...(report.tiers.length === 0 ? [] : [table(tierRows(report))]),
    table(accuracy(report)),
    ...memory(report),
    table(latencies(report)),
    table(spending(report)),
    ...notes(report),
  ].join('\n\n');
}

function endings(report: LedgerReport): string[][] {
  const { accepted, abstained, degraded, failed, aborted, climbed, leftDevice } = report;
  const from = `${moment(report.fromWallMs!)} to ${moment(report.toWallMs!)} UTC`;
  return [
    ['requests', count(report.requests), `from ${from}`],
    ['accepted', ...part(accepted)],
    ['abstained', ...part(abstained, 'not sure enough for what was asked')],
    ['degraded', ...part(degraded, 'only the best answer so far')],
    ['failed', ...part(failed)],
    ['aborted', ...part(aborted)],
    ['climbed', ...part(climbed, 'asked more than one tier')],
    ['left', ...part(leftDevice, 'sent to another machine')],
  ];
}

const tierRows = ({ tiers }: LedgerReport): string[][] => [
  ['answered by', '', 'answers', 'of all', 'right, by feedback'],
  ...tiers.map(({ tier, placement, answers, right }) => [
    `  ${tier}`,
    PLACES[placement],
    count(answers.count),
    share(answers.share),
    right.n === 0 ? 'no feedback' : `${shareOf(right)} of ${count(right.n)}`,
  ]),
];

function accuracy({ feedback: { right, rightOfAccepted }, answered, accepted, audit }: LedgerReport): string[][] {
  const row = (name: string, found: Proportion, of: string): string[] =>
    found.n === 0 ? [] : [`  ${name}`, shareOf(found), `on ${count(found.n)} ${of}`];
  const rows = [
    row('feedback', right, `of ${count(answered.count)} answers; who speaks up is no random sample`),
    right.n === rightOfAccepted.n
      ? []
      : row('accepted only', rightOfAccepted, `of ${count(accepted.count)} accepted answers`),
    row('audit', audit.right, `of ${count(audit.drawn)} drawn at random`),
  ].filter((each) => each.length > 0);
  const none = 'nothing is known: `terrace feedback REQUEST right|wrong` says so';
  const answers = audit.drawn === 1 ? '1 answer was' : `${count(audit.drawn)} answers were`;
  const drawn = `${answers} drawn at random for an audit; none of them was judged`;
  return [
    ['right', '', rows.length === 0 ? none : ''],
    ...rows,
    ...(audit.drawn > 0 && audit.right.n === 0 ? [['  audit', '', drawn]] : []),
  ];
}

/** Nothing where no cache had a say. */
function memory({ cache }: LedgerReport): string[] {
  const { exact, semantic, savedUsd, savedTokens, savedMs, wrongAudits } = cache;
  const audits = [
    '  audits',
    count(wrongAudits.n),
    `${shareOf(wrongAudits)} wrong, of hits that were computed all the same`,
  ];
  if (exact.count + semantic.count + wrongAudits.n === 0) return [];
  return [
    table([
      ['from memory', '', ''],
      ['  exact', ...part(exact, 'the same request')],
      ['  semantic', ...part(semantic, 'one that is alike')],
      ['  saved', usd(savedUsd), `${count(savedTokens)} tokens, ${ms(savedMs)} of computing`],
      ...(wrongAudits.n > 0 ? [audits] : []),
    ]),
  ];
}

function latencies({ latency, cloud }: LedgerReport): string[][] {
  const row = (name: string, { meanMs, p50Ms, p95Ms }: Omit<Latency, 'n'>): string[] => [
    `  ${name}`,
    ...[meanMs, p50Ms, p95Ms].map((value) => (value === undefined ? '' : ms(value))),
  ];
  const placements = (['device', 'site', 'cloud'] as const).flatMap((placement) => {
    const found = latency.byPlacement[placement];
    return found ? [row(PLACES[placement], found)] : [];
  });
  return [
    ['latency', 'mean', 'median', 'p95'],
    ...placements,
    ...(latency.fromMemory.n > 0 ? [row('from memory', latency.fromMemory)] : []),
    ...(placements.length + Number(latency.fromMemory.n > 0) > 1 ? [row('all', latency.all)] : []),
    row(`all to ${cloud.id}`, { meanMs: undefined, p50Ms: cloud.p50Ms, p95Ms: cloud.p95Ms }),
  ];
}

function spending({ costUsd, energyJoules, sentBytes, cloud }: LedgerReport): string[][] {
  const row = (name: string, { total, allCloud }: Spent, inWords: (value: number) => string): string[] => [
    `  ${name}`,
    inWords(total),
    allCloud === undefined ? 'unknown' : inWords(allCloud),
    allCloud ? percent(total / allCloud) : '',
  ];
  return [
    ['spent', 'as it was', `all to ${cloud.id}`, 'of that'],
    row('cost', costUsd, usd),
    row('energy', energyJoules, joules),
    row('sent', sentBytes, bytes),
  ];
}

function notes({ cloud, drift }: LedgerReport): string[] {
  const assumed = cloud.assumptions.map((sentence) => `  ${sentence}`);
  return [
    ...(assumed.length === 0 ? [] : [[`assumed of ${cloud.id}`, ...assumed].join('\n')]),
    ...(drift.length === 0 ? [] : [drift.map(warning).join('\n')]),
  ];
}

function warning({ domain, tier, n, wrong, wrongAtLeast, expected, basis }: Drift): string {
  const where = domain === undefined ? tier : `${tier} in ${domain}`;
  const promised =
    basis === 'max-risk' ? `at most ${percent(expected)} may be` : `its confidences speak of ${percent(expected)}`;
  return [
    `warning: ${where}: by the newest feedback at least ${percent(wrongAtLeast)} of its accepted answers are wrong (${wrong} of ${n}), and ${promised}`,
    '  Its requests may have changed since it was calibrated: look at them, then `terrace calibrate` on new rows.',
  ].join('\n');
}

const PLACES: Readonly<Record<Placement, string>> = {
  device: 'on this device',
  site: 'at the site',
  cloud: 'in the cloud',
};

const part = ({ count: n, share: value }: Part, words = ''): [string, string] => [
  count(n),
  [share(value), words].filter(Boolean).join(', '),
];
const count = (value: number): string => value.toLocaleString('en');
const share = (value: number | undefined): string => (value === undefined ? '' : percent(value));
const shareOf = ({ share: value, interval: [low, high] }: Proportion): string =>
  `${share(value)} (${percent(low)} to ${percent(high)})`;
const moment = (wallMs: number): string => {
  const date = new Date(wallMs);
  // A clock that was set wrong may have written any number.
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString().slice(0, 16).replace('T', ' ');
};
/** Cents, or two digits of what is less. */
const usd = (value: number): string => `$${value === 0 || value >= 0.1 ? value.toFixed(2) : value.toPrecision(2)}`;
const joules = (value: number): string => {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} MJ`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} kJ` : `${value.toFixed(value >= 10 ? 0 : 2)} J`;
};
