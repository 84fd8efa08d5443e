import type { BrowserRuntime } from '@terrace/browser-host';
import type { Format } from '../i18n/format.js';
import type { Texts } from '../i18n/en.js';

type Report = Pick<
  Awaited<ReturnType<BrowserRuntime['report']>>,
  'requests' | 'accepted' | 'climbed' | 'leftDevice' | 'latency' | 'costUsd' | 'energyJoules' | 'sentBytes' | 'feedback'
>;
type Row = readonly [name: string, value: string];

/** The figures of a report in words: what was spent beside what all of it in the cloud would have taken. */
export function reportRows(report: Report, { texts, format }: { texts: Texts; format: Format }): Row[] {
  const { latency, feedback } = report;
  const part = ({ count, share }: { count: number; share: number | undefined }): string =>
    share === undefined ? format.count(count) : `${format.count(count)} (${format.percent(share)})`;
  const time = (ms: number | undefined): string => (ms === undefined ? '–' : format.ms(ms));
  const beside = (spent: Report['costUsd'], inWords: (amount: number) => string): string =>
    spent.allCloud === undefined
      ? inWords(spent.total)
      : `${inWords(spent.total)} · ${texts.allCloud(inWords(spent.allCloud))}`;
  return [
    [texts.requests, format.count(report.requests)],
    [texts.accepted, part(report.accepted)],
    [texts.climbed, part(report.climbed)],
    [texts.leftDevice, part(report.leftDevice)],
    [texts.medianTime, time(latency.all.p50Ms)],
    [texts.slowTime, time(latency.all.p95Ms)],
    [texts.spent, beside(report.costUsd, format.usd)],
    [texts.energy, beside(report.energyJoules, format.joules)],
    [texts.sent, beside(report.sentBytes, format.bytes)],
    [
      texts.judgedRight,
      feedback.given.count === 0
        ? '–'
        : texts.ofJudged(format.count(feedback.right.count), format.count(feedback.right.n)),
    ],
  ];
}
