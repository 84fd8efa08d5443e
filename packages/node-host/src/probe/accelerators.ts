import type { MeasuredRates } from '@terrace/core';
import type { ComputeMeasurement } from './compute-probe.js';

/** Execution providers beside `cpu` that Terrace uses on Node, where the runtime lists them. */
const ACCELERATORS: readonly string[] = ['cuda', 'coreml', 'dml'];
/** Native errors can be pages long. */
const MAX_REASON_LENGTH = 200;

export interface Accelerators {
  readonly offered: readonly { readonly id: string; readonly rates: MeasuredRates }[];
  /** Listed by the runtime, and yet not usable here. */
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Tries what the runtime lists, one after the other: being listed only means that it was built with it.
 * @param measure in a fresh thread each time, because a provider that fails to start may harm the next one
 */
export async function measureAccelerators(
  listed: readonly string[],
  measure: (provider: string) => Promise<ComputeMeasurement>,
): Promise<Accelerators> {
  const offered: { id: string; rates: MeasuredRates }[] = [];
  const refused: { id: string; reason: string }[] = [];
  for (const id of ACCELERATORS.filter((name) => listed.includes(name))) {
    const measurement = await measure(id);
    if (measurement.kind === 'measured') offered.push({ id, rates: measurement.rates });
    else refused.push({ id, reason: firstLine(measurement.reason) });
  }
  return { offered, refused };
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0]!.slice(0, MAX_REASON_LENGTH);
