import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { PILOT_METRICS, type PilotBaseline, type PilotKpi, type PilotPlan } from './pilot-plan.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws InvalidRequestError when a plan could never come to a verdict */
export function checkPilotPlan({ name, kpis, baseline, fromWallMs, toWallMs, leastRequests }: PilotPlan): void {
  if (!NAME.test(name)) {
    throw refuse('The name of a pilot is letters, digits and ._- (at most 64).', 'Give it another name.');
  }
  if (!(toWallMs > fromWallMs)) {
    throw refuse('The pilot would end before it begins.', 'Give a date that is still to come.');
  }
  if (!(Number.isSafeInteger(leastRequests) && leastRequests > 0)) {
    throw refuse('There is no verdict of no requests.', 'Give a whole number above 0.');
  }
  if (kpis.length === 0) throw refuse('A pilot has to show something.', 'Give at least one KPI, e.g. "accuracy>=0.9".');
  for (const kpi of kpis) checkKpi(kpi, kpis, baseline);
  checkBaseline(baseline, fromWallMs);
}

function checkKpi({ metric, goal }: PilotKpi, all: readonly PilotKpi[], baseline: PilotBaseline): void {
  if (!PILOT_METRICS.includes(metric)) {
    throw refuse(`"${String(metric).slice(0, 64)}" is no metric.`, `Use one of: ${PILOT_METRICS.join(', ')}.`);
  }
  if (all.filter((each) => each.metric === metric).length > 1) {
    throw refuse(`There are two goals for ${metric}.`, 'Give each metric once.');
  }
  if (!(goal.value >= 0 && Number.isFinite(goal.value))) {
    throw refuse(`${goal.value} is no goal for ${metric}.`, 'Give a number that is not negative.');
  }
  const isShare = metric === 'accuracy' || metric === 'errorShare' || metric === 'leftDevice';
  if (isShare && goal.kind === 'absolute' && goal.value > 1) {
    throw refuse(`${metric} is a share: ${goal.value} is out of its reach.`, 'Give a share from 0 to 1, e.g. 90%.');
  }
  if (goal.kind === 'relative' && baseline.kind === 'figures' && baseline.figures[metric] === undefined) {
    throw refuse(`There is no baseline for ${metric}.`, `Put "${metric}" into the file of figures.`);
  }
}

function checkBaseline(baseline: PilotBaseline, fromWallMs: number): void {
  switch (baseline.kind) {
    case 'period':
      if (!(baseline.fromWallMs < baseline.toWallMs && baseline.toWallMs <= fromWallMs)) {
        throw refuse('The baseline has to end before the pilot begins.', 'Give an earlier time, e.g. before:14d.');
      }
      return;
    case 'control':
      if (!(baseline.share > 0 && baseline.share < 1)) {
        throw refuse('A control group is a share of the requests.', 'Give one between 0 and 1, e.g. 10%.');
      }
      return;
    case 'figures':
      for (const [metric, value] of Object.entries(baseline.figures)) {
        if (!(PILOT_METRICS as readonly string[]).includes(metric)) {
          throw refuse(`"${metric.slice(0, 64)}" is no metric.`, `Use some of: ${PILOT_METRICS.join(', ')}.`);
        }
        if (!(value >= 0 && Number.isFinite(value))) throw refuse(`The figure of ${metric} is none.`, 'Give a number.');
      }
      return;
    default:
      baseline satisfies never;
  }
}

const refuse = (message: string, hint: string): InvalidRequestError => new InvalidRequestError({ message, hint });
