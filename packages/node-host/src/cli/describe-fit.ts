import type { FitProgress, FitReport } from '@terrace/core/deltas';
import { describeCalibrated } from './describe-calibrated.js';
import { describeDecision, measured } from './describe-decision.js';
import { percent, table } from './output.js';
import { kilobytes, shortId } from './revision-names.js';
import type { Progress } from './progress.js';

const STAGES: Readonly<Record<FitProgress['stage'], string>> = {
  checking: 'looking at the data',
  embedding: 'embedding',
  fitting: 'fitting',
  factors: 'trying factors',
  calibrating: 'calibrating',
  comparing: 'comparing with what is in force',
  keeping: 'keeping',
};

/** Shows each stage of a fit on a line of its own kind. */
export function showFit(progress: Progress): (step: FitProgress) => void {
  let shown = '';
  return ({ stage, rung, done, total }) => {
    const what = rung === undefined ? STAGES[stage] : `${STAGES[stage]}, ${rung}`;
    if (what !== shown) progress.next(what, stage === 'embedding' ? 'rows' : 'steps');
    shown = what;
    progress.update(done, total);
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * What a fit came to, without what was found in the data.
 * @param inForce the revision that answers now, where it is known
 */
export function describeFit(report: FitReport, inForce?: string): string {
  const { rungs, calibrated, decision, promoted } = report;
  return [
    table([
      ['rung', 'method', 'rank', 'right', 'size', 'of its base', 'embedding', 'fit'],
      ...rungs.map(({ rung, method, rank, accuracy, bytes, shareOfBase, embedMs, fitMs }) => [
        rung,
        method,
        `${rank}`,
        measured(accuracy),
        kilobytes(bytes),
        percent(shareOfBase),
        seconds(embedMs),
        seconds(fitMs),
      ]),
    ]),
    describeCalibration(calibrated, decision),
    `${promoted ? 'promoted' : 'not promoted'}: ${describeDecision(decision)}`,
    next(report, inForce),
  ].join('\n');
}

const NOTHING_BEFORE: readonly string[] = ['first', 'no-better-than-guessing'];

/** Where something was in force, its calibration may hold for what was built upon it. */
function describeCalibration(calibrated: FitReport['calibrated'], { reason }: FitReport['decision']): string {
  if (calibrated) return `calibrated on ${describeCalibrated(calibrated)}; ${calibrated.basis.replace('-', ' ')}`;
  return NOTHING_BEFORE.includes(reason)
    ? 'not calibrated, there are too few rows: tiers accept on a high raw score only'
    : 'not calibrated anew, there are too few rows: confidences stay where what they were made with does, and certify nothing';
}

function next({ domain, revision, promoted }: FitReport, inForce: string | undefined): string {
  const id = shortId(revision.id);
  if (promoted) return `revision ${id} answers ${domain} now; \`terrace delta rollback ${domain}\` takes it back`;
  if (inForce === revision.id) return `revision ${id} goes on answering ${domain}`;
  return `kept as revision ${id}; \`terrace delta promote ${domain} ${id}\` puts it in force all the same`;
}
