import type { Calibration, Catalog, Delta, Domain } from '@terrace/core';
import { percent, table } from '../output.js';
import type { CalibrationSummary } from './models-catalog.js';
import { fileTable, type Shown } from './models-shown.js';

/** A domain with its sub-domains, and what each ladder did on the calibration data. */
export function showDomain(domain: Domain, { deltas }: Catalog, summary: CalibrationSummary | undefined): Shown {
  const own = deltas.filter((delta) => delta.domain === domain.id);
  const ids = own.map(({ id }) => id);
  const { calibration: file, subDomains: names, ...facts } = domain;
  // Deltas of a domain agree on its sub-domains; where they do not, the lightest is shown.
  const subDomains: Delta['subDomains'] = Object.assign({}, ...own.toReversed().map((delta) => delta.subDomains));
  const calibration = operatingPoints(summary);
  const text = [
    table(Object.entries({ ...facts, deltas: ids.join(' ') }).map(([name, value]) => [name, String(value)])),
    '',
    file
      ? fileTable([['calibration', file]])
      : `not calibrated: \`terrace calibrate --domain ${domain.id} --data FILE\``,
    ...(calibration ? ['', describe(calibration)] : []),
    '',
    ...names.map((name) => `  ${name}: ${subDomains[name]?.join(', ') ?? ''}`),
  ];
  return {
    json: { kind: 'domain', ...facts, subDomains, deltas: ids, file: file ?? null, calibration: calibration ?? null },
    text: text.join('\n').trimEnd(),
  };
}

type Ladder = Pick<Calibration['ladders'][number], 'tiers' | 'operating'>;
type Operating =
  | Extract<CalibrationSummary, { error: unknown }>
  | { rows: number; outOfScopeRows: number; ladders: Ladder[] };

/** Without the fitted curves, which say nothing to a reader. */
function operatingPoints(summary: CalibrationSummary | undefined): Operating | undefined {
  if (!summary || 'error' in summary) return summary;
  return { ...summary, ladders: summary.ladders.map(({ tiers, operating }) => ({ tiers, operating })) };
}

function describe(calibration: Operating): string {
  if ('error' in calibration) return `unreadable: ${calibration.error.message}`;
  const { rows, outOfScopeRows, ladders } = calibration;
  const lines = ladders.map(({ tiers, operating }) => [
    tiers.join(' -> '),
    percent(operating.accuracy),
    operating.calls.map(percent).join(', '),
  ]);
  const header = ['ladder', 'accuracy', 'share of requests that ran each tier'];
  return [`${rows} rows, ${outOfScopeRows} out of scope`, table([header, ...lines])].join('\n');
}
