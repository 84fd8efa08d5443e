import { randomInt } from 'node:crypto';
import { InvalidRequestError, requireDomain, type Catalog } from '@terrace/core';
import {
  calibratePairs,
  createEmbed,
  type CalibrationRow,
  type Embed,
  type SemanticStanding,
} from '@terrace/core/cache';
import { textTiers } from '@terrace/core/text';
import { createVectorIndex } from '@terrace/core/vectors';
import { openCacheFile } from '../../cache/open-cache-file.js';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { readCalibrationRows } from '../../store/files/read-calibration-rows.js';
import { systemClock } from '../../system-clock.js';
import { cacheOptions } from '../cache-settings.js';
import { EXIT } from '../exit-code.js';
import { percent, print, printJson, warn } from '../output.js';
import { readSettings, runtimeOptions } from '../settings.js';
import type { CacheActionFlags } from './cache.js';

/**
 * `terrace cache calibrate --pairs FILE`: certifies how alike questions must be. A server takes it over when it starts.
 * Exit code as for an answer that is only the best so far where nothing could be certified.
 */
export async function calibrateCache(flags: CacheActionFlags, signal: AbortSignal): Promise<number> {
  const { pairs, domain, task = 'text-classification' } = flags;
  const settings = await readSettings(flags);
  const wanted = cacheOptions(flags, settings.cache, process.env);
  const rate = wanted ? wanted.semantic?.maxWrongHitRate : undefined;
  if (rate === undefined) throw noRate();
  const rows = await readCalibrationRows(pairs!);
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile: false, learning: false });
  const store = openCacheFile(settings.home, ({ message }) => warn(message));
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  try {
    if (domain !== undefined) requireAskable(runtime.models.current(), task, domain);
    const embedOnDevice = createEmbed(runtime);
    const embed: Embed = (texts, options) => embedOnDevice(texts, { ...options, signal });
    const standing = await calibratePairs(rows, {
      store,
      embed,
      createIndex: createVectorIndex,
      clock: systemClock,
      random: () => randomInt(2 ** 47) / 2 ** 47,
      maxWrongHitRate: rate,
      task,
      domain,
    });
    if (flags.json) printJson(standing);
    else {
      const note = leftOut(rows, standing);
      if (note !== undefined) warn(note);
      print(describe(standing, rate));
    }
    return standing.state === 'certified' ? EXIT.answered : EXIT.degraded;
  } finally {
    await runtime.close();
    await store.close();
  }
}

/** What is certified of a domain that no request can name would never be used. @throws UnknownDomainError */
export function requireAskable(catalog: Catalog, task: string, domain: string): void {
  if (task === 'text-generation') textTiers(catalog, domain);
  else requireDomain(catalog, domain);
}

function describe({ state, rows, wrongHitUpperBound, coverage }: SemanticStanding, rate: number): string {
  if (state !== 'certified' || wrongHitUpperBound === undefined || coverage === undefined) {
    return `${rows} rows do not show that at most ${percent(rate)} of the answers would be wrong: bring more, or allow more`;
  }
  return `certified on ${rows} rows: ${percent(coverage)} of the questions are answered from memory, at most ${percent(wrongHitUpperBound)} of them wrong`;
}

/** What does not count of pairs; of labelled texts half are kept anyway. */
export function leftOut(
  rows: readonly CalibrationRow[],
  { rows: counted }: Pick<SemanticStanding, 'rows'>,
): string | undefined {
  if (!rows.some((row) => 'same' in row) || counted >= rows.length) return undefined;
  return (
    `${rows.length - counted} of ${rows.length} pairs do not count: a text counts once, so of pairs that share one only one does, ` +
    'none of a text with itself or of one that is too long to be looked up, and none beyond 20,000; bring pairs drawn one by one'
  );
}

const noRate = (): InvalidRequestError =>
  new InvalidRequestError({
    message: 'How many answers may be wrong is missing.',
    hint: 'Write --semantic-cache 1%, as for `terrace serve`.',
  });
