import { checkData, type CheckedData } from '../delta/gate/check-data.js';
import type { LabelledText } from '../delta/gate/data-report.js';
import type { Clock } from '../ports/clock.js';
import { checkedExamples, checkedRows } from './checked-examples.js';
import type { FitAsk } from './deltas.js';

/** Rows that a delta can be fitted on, and what the gate finds in them. */
export interface GatedExamples {
  readonly rows: readonly LabelledText[];
  readonly evaluation: readonly LabelledText[];
  readonly checked: CheckedData;
}

/** @throws InvalidDataError, the signal's reason */
export async function checkExamples(
  { examples, evaluation: judgedBy = [] }: Pick<FitAsk, 'examples' | 'evaluation'>,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): Promise<GatedExamples> {
  const rows = checkedExamples(examples);
  const evaluation = checkedRows(judgedBy);
  const pause = async (): Promise<void> => {
    await clock.sleep(0);
    signal?.throwIfAborted();
  };
  return { rows, evaluation, checked: await checkData({ rows, evaluation, pause }) };
}
