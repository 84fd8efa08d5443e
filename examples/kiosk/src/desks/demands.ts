import type { RequestInput } from '@terrace/browser-host';
import type { Demand } from '../settings/settings.js';

/** What the settings ask of an answer, in the runtime's words. */
export const DEMAND_OF: Readonly<Record<Demand, Pick<RequestInput, 'minConfidence' | 'maxRisk'>>> = {
  usual: { minConfidence: 0.6 },
  careful: { minConfidence: 0.9 },
  certified: { maxRisk: 0.05 },
};
