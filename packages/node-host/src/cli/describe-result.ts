import type { Result, TraceEvent } from '@terrace/core';
import { bytes, ms, percent, table } from './output.js';

/** One answer for a person: what, how sure, by whom, why no further, and where the time went. */
export function describeResult(result: Result): string {
  const { output, confidence, path, placement, verdict } = result;
  const answer = output.kind === 'classification' ? output.label : `embedding of ${output.vector.length} values`;
  const lines = [
    verdict.kind === 'accept' ? answer : `${answer}  (best answer, not sure enough)`,
    '',
    ...(confidence === undefined
      ? []
      : [`confidence  ${percent(confidence)} likely right${verdict.calibrated ? '' : ' (not calibrated)'}`]),
    ...(output.kind === 'classification' ? [`in scope    ${output.outOfScope ? 'no' : 'yes'}`] : []),
    `answered    by ${path.join(' + ')} ${PLACES[placement]}`,
    `why         ${REASONS[verdict.reason]}`,
    ...(verdict.degraded ? [`degraded    ${DEGRADED[verdict.degraded]}`] : []),
    ...(result.queued ? [`queued      for a better answer: terrace queue show ${result.queued}`] : []),
    ...(result.sentBytes > 0 ? [`sent        ${bytes(result.sentBytes)}${price(result.costUsd)}`] : []),
    ...(verdict.certificate ? [`bound       ${certificateLine(verdict.certificate)}`] : []),
    `request     ${result.requestId}`,
    '',
    table(result.trace.map(stepRow)),
  ];
  return lines.join('\n');
}

export const PLACES: Readonly<Record<Result['placement'], string>> = {
  device: 'on this device',
  site: 'at the site',
  cloud: 'in the cloud',
};

export const REASONS: Readonly<Record<Result['verdict']['reason'], string>> = {
  'sure-enough': 'sure enough',
  'cut-short': 'the best answer so far: a larger model would have been asked',
  'not-worth-it': 'sure enough: a larger model would add less than it costs',
  top: 'the largest model of the ladder answered',
  confidence: 'below the confidence that was asked for',
  risk: 'below the confidence that the risk bound needs',
  uncertified: 'no bound this tight can be certified for these tiers',
  drift: 'feedback has shown that its confidence is too high',
  language: 'the text is in a language or script the models cannot read',
};

export const DEGRADED: Readonly<Record<NonNullable<Result['verdict']['degraded']>, string>> = {
  deadline: 'the deadline came before a larger model could help',
  'tier-failed': 'a tier could not be used; see the steps',
  offline: 'a tier that was wanted cannot be reached now',
  cost: 'a tier that was wanted costs more than may be spent',
};

function certificateLine({
  maxRisk,
  delta,
  threshold,
  n,
  coverage,
}: NonNullable<Result['verdict']['certificate']>): string {
  return `at most ${percent(maxRisk)} of accepted answers are wrong (${percent(1 - delta)} sure; accepted from ${threshold.toFixed(3)} on, ${percent(coverage)} of ${Math.round(n / coverage)} calibration rows; holds for data like those)`;
}

/** One line of a table of what happened. */
export const traceRow = (kind: string, duration: number | undefined, text: string): string[] => [
  `  ${kind}`,
  duration === undefined ? '' : ms(duration).padStart(9),
  text,
];

export function stepRow(event: TraceEvent): string[] {
  const row = (duration: number | undefined, text: string): string[] => traceRow(event.kind, duration, text);
  switch (event.kind) {
    case 'plan':
      return row(event.durationMs, `${event.ladder.join(' -> ')}${dropped(event)}`);
    case 'load':
      return row(
        event.durationMs,
        `${event.tier}: ${bytes(event.bytes)} read, ${bytes(event.peakMemoryBytes)} of memory, ${event.thread}`,
      );
    case 'run':
      return row(event.durationMs, `${event.tier} ${event.variant}: ${event.tokens} tokens${shared(event)}`);
    case 'call':
      return row(event.durationMs, called(event));
    case 'route':
      return row(undefined, `${event.model} ${percent(event.shares[event.model] ?? 0)}, window ${event.window}`);
    case 'budget':
      return row(undefined, `${event.budget} has no room for more: ${left(event)}`);
    case 'hedge':
      return row(undefined, `${event.tier} is asked at the same time: there is no time for one after the other`);
    case 'queued':
      return row(undefined, 'for when a tier that was wanted can be reached');
    case 'judge':
      return row(undefined, judged(event));
    case 'climb':
      return row(undefined, `${event.from} -> ${event.to}: ${climbReason(event)}`);
    case 'narrow':
      return row(undefined, `${event.from} -> ${event.to}: the answer falls into it`);
    case 'stop':
      return row(undefined, event.reason.replaceAll('-', ' '));
    case 'failed':
      return row(undefined, `${event.tier}: ${event.code} ${event.message} ${event.hint}`);
    case 'cache':
      return row(undefined, `${event.hit}: answered ${ms(event.ageMs)} ago, by ${event.from}`);
    case 'warning':
      return row(undefined, event.message);
    default:
      return event satisfies never;
  }
}

const left = ({ left: amount, resetsAtWallMs }: Extract<TraceEvent, { kind: 'budget' }>): string =>
  `${Number(amount.toPrecision(4))} left${resetsAtWallMs === undefined ? '' : ` until ${new Date(resetsAtWallMs).toISOString()}`}`;

function dropped({ rejected }: Extract<TraceEvent, { kind: 'plan' }>): string {
  const reasons = rejected.map(
    ({ tier, variant, message }) => `\n      without ${[tier, variant].filter(Boolean).join(' ')}: ${message}`,
  );
  return reasons.join('');
}

function judged({ path, verdict, confidence, threshold, reason }: Extract<TraceEvent, { kind: 'judge' }>): string {
  const sure = confidence === undefined ? '' : ` ${percent(confidence)}`;
  const bound = threshold === undefined ? '' : ` (needs ${percent(threshold)})`;
  return `${path.join(' + ')}${sure}${bound}: ${verdict === 'accept' ? 'acceptable' : verdict}${reason ? `, ${reason}` : ''}`;
}

function climbReason({ reason, gain }: Extract<TraceEvent, { kind: 'climb' }>): string {
  const expected = gain === undefined ? '' : ` (${gain >= 0 ? '+' : ''}${(gain * 100).toFixed(1)} points expected)`;
  return `${reason === 'utility' ? 'worth its price' : `not ${reason === 'language' ? 'readable' : 'sure enough'}`}${expected}`;
}

function called({ tier, placement, protocol, calls, redacted }: Extract<TraceEvent, { kind: 'call' }>): string {
  const hidden = Object.entries(redacted).map(([kind, count]) => `${count} ${kind}`);
  return [
    `${tier} ${PLACES[placement]}, by ${protocol}`,
    ...(calls > 1 ? ['asked twice: the first call was late'] : []),
    ...(hidden.length > 0 ? [`replaced before sending: ${hidden.join(', ')}`] : []),
  ].join('; ');
}

const price = (costUsd: number): string => (costUsd === 0 ? '' : `, for $${costUsd.toPrecision(2)}`);

const shared = ({ batch }: Extract<TraceEvent, { kind: 'run' }>): string =>
  batch === 1 ? '' : `, in one run with ${batch - 1} others`;
