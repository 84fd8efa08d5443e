import { verdictOf, type PilotFinding, type PilotMetric, type PilotPlan, type PilotReport } from '@terrace/core/deploy';
import { ms, percent, table } from './output.js';

/** What a pilot has shown, in lines. @param nowWallMs for what is still to come */
export function describePilot(report: PilotReport, nowWallMs: number): string {
  const { plan, requests, labelled, labels, findings } = report;
  const rows = findings.map((finding) => {
    const { metric, value, baseline, interval, met } = finding;
    return [
      metric,
      goalOf(finding),
      value === undefined ? '-' : amount(metric, value),
      interval ? intervalOf(finding, interval) : '-',
      baseline === undefined ? '-' : amount(metric, baseline),
      MET[met],
    ];
  });
  const by = labels === 'audits' ? 'by looks that were drawn' : 'by what people said, who are no fair sample';
  const known = labelled > 0 ? `${labelled} labelled ${by}` : 'none of them labelled';
  return [
    `${plan.name}: ${verdictIn(report)}`,
    `  ${timeOf(plan, nowWallMs)}; ${requests} requests, ${known}`,
    ...table([['KPI', 'goal', 'seen', 'interval (95 % for all)', 'baseline', 'met'], ...rows])
      .split('\n')
      .map((line) => `  ${line}`),
    ...findings.flatMap((finding) => describeMissing(finding)),
  ].join('\n');
}

const MET = { yes: 'yes', no: 'no', open: 'open' } as const;

function verdictIn({ verdict, isFinal, findings }: PilotReport): string {
  if (isFinal) return verdict === 'open' ? 'open at its end: neither a go nor a no-go' : verdict;
  const soFar = verdictOf(findings);
  return `no verdict before its end${soFar === 'open' ? '' : `; so far it looks like a ${soFar}, which only describes`}`;
}

function timeOf({ fromWallMs, toWallMs }: PilotPlan, nowWallMs: number): string {
  if (nowWallMs < fromWallMs) return `begins ${date(fromWallMs)}: this clock is before that`;
  return `${date(fromWallMs)} to ${date(toWallMs)}`;
}

const date = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(0, 16)}Z`;

function goalOf({ metric, goal }: PilotFinding): string {
  const bound = metric === 'accuracy' ? 'at least' : 'at most';
  return `${bound} ${goal.kind === 'relative' ? `${goal.value} x` : amount(metric, goal.value)}`;
}

function intervalOf({ metric, goal }: PilotFinding, [low, high]: readonly [number, number]): string {
  if (goal.kind === 'relative') return `${low.toFixed(2)} to ${high.toFixed(2)} x`;
  return `${amount(metric, low)} to ${amount(metric, high)}`;
}

function amount(metric: PilotMetric, value: number): string {
  switch (metric) {
    case 'accuracy':
    case 'errorShare':
    case 'leftDevice':
      return percent(value);
    case 'costUsd':
      return `$${value.toPrecision(3)}`;
    case 'p95Ms':
      return ms(value);
    case 'energyJoules':
      return `${value.toPrecision(3)} J`;
    default:
      return metric satisfies never;
  }
}

function describeMissing({ metric, met, value, interval, missing }: PilotFinding): string[] {
  if (met !== 'open') return [];
  if (interval === undefined && missing) return [`  ${metric}: ${missing.count} more requests are needed first`];
  if (value === undefined)
    return [`  ${metric}: ${metric === 'accuracy' ? 'no answer was labelled' : 'nothing was seen of it'}`];
  if (!missing) return [`  ${metric}: nobody can say how much more it takes`];
  const what = missing.of === 'labels' ? 'labelled answers' : 'requests';
  return [`  ${metric}: about ${missing.count} more ${what} would tell, if all goes on like this`];
}
