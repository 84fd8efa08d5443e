import type { Domain } from '@terrace/core';
import { calibrationState } from './calibration-state.js';
import type { ModelFolders } from './model-folders.js';

export interface CalibrationCheck {
  readonly domain: string;
  readonly state: 'ok' | 'none' | 'incomplete' | 'stale' | 'unreadable';
  /** Labelled rows it was made with. */
  readonly rows?: number;
  readonly message?: string;
}

/** Whether the domain's calibration can be read and belongs to the deltas and variants in use. Never rejects. */
export async function checkCalibration(folders: ModelFolders, { id: domain }: Domain): Promise<CalibrationCheck> {
  try {
    const calibration = await folders.calibration(domain);
    if (!calibration)
      return { domain, state: 'none', message: 'it has none: confidences are raw scores and no risk bound holds' };
    const { rows } = calibration.data;
    const found = calibrationState(calibration, folders.current(), domain);
    if (found.kind === 'stale') return { domain, state: 'stale', rows, message: found.why };
    if (found.unknownTiers.length === 0) return { domain, state: 'ok', rows };
    return {
      domain,
      state: 'incomplete',
      rows,
      message: `it does not know ${found.unknownTiers.join(', ')}, which will not be used`,
    };
  } catch (error) {
    return { domain, state: 'unreadable', message: error instanceof Error ? error.message : String(error) };
  }
}
