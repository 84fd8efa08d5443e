import { join } from 'node:path';
import {
  calibrationSchema,
  certify,
  createLoader,
  createScheduler,
  fitCalibration,
  InvalidRequestError,
  isLocalRung,
  mean,
  parseFile,
  parseRequest,
  recommend,
  requirementsOf,
  scoreRows,
  tierIdentity,
  type Calibration,
  type Recommendation,
} from '@terrace/core';
import { nodeProbe } from '../../create-node-runtime.js';
import { createNodeEngine } from '../../engine/node-engine.js';
import { requireWritable, writeAtomically } from '../../store/files/atomic-file.js';
import { buildCatalog } from '../../store/catalog/build-catalog.js';
import { openModelFolders, type ModelFolder, type ModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { readExamples } from '../../store/files/read-examples.js';
import { systemClock } from '../../system-clock.js';
import { percent, print, printJson, table } from '../output.js';
import { startProgress } from '../progress.js';
import { readSettings, type GlobalFlags } from '../settings.js';

export interface CalibrateFlags extends GlobalFlags {
  readonly domain?: string;
  readonly data?: readonly string[];
  readonly every?: number;
  readonly out?: string;
}

/** `terrace calibrate`: fits the confidences and risk thresholds of every ladder of a domain. */
export async function calibrate(flags: CalibrateFlags, signal: AbortSignal): Promise<number> {
  const { domain, data } = required(flags);
  const settings = await readSettings(flags);
  const { home, models, memoryBytes, requireSignatures } = settings;
  const examples = await readExamples(data, flags.every);
  const fetcher = await openFetcher(settings);
  const folders = await openModelFolders({
    shipped: models,
    added: join(home, 'models'),
    fetcher,
    requireSignatures,
  });
  const profile = await nodeProbe({ home, clock: systemClock, memoryBytes }).profile({ signal });
  const requirements = requirementsOf(parseRequest({ text: 'a request', domain: domain }));
  const { ranked } = recommend({
    requirements,
    profile,
    catalog: folders.current(),
    calibration: undefined,
    statistics: [],
    loadedBytes: 0,
    memoryCeilingBytes: memoryBytes,
    failed: new Set(),
  });
  const file = flags.out ?? (await defaultFile(folders, domain));
  await requireWritable(file);
  const loader = createLoader({ engine: createNodeEngine(), store: folders, onLoad: () => undefined });
  const progress = startProgress('asking every tier');
  try {
    const { rows, timesMs } = await scoreRows({
      examples: examples.rows,
      rungs: ranked.filter(isLocalRung),
      scheduler: createScheduler({ loader, clock: systemClock, workers: () => 1 }),
      clock: systemClock,
      onRow: progress.update,
      signal,
    });
    progress.next('fitting every ladder');
    const calibration = fitCalibration({
      domain: domain,
      fingerprint: examples.fingerprint,
      rows,
      tiers: ranked.map(({ tier }) => ({ id: tier.id, ...tierIdentity(tier) })),
      meanMs: Object.fromEntries(Object.entries(timesMs).map(([id, times]) => [id, mean(times)])),
      onLadder: progress.update,
    });
    progress.end();
    // What a later start would refuse never takes the place of a calibration that works.
    const content = parseFile(calibrationSchema, rounded(calibration), 'calibration').value;
    await writeAtomically(file, `${JSON.stringify(content, null, 1)}\n`);
    if (flags.out === undefined) await refreshCatalog(folders.folderOf(domain), folders);
    report(calibration, ranked, file, flags.json === true);
    return 0;
  } finally {
    progress.end();
    await loader.close();
  }
}

/** @throws InvalidRequestError */
function required({ domain, data }: CalibrateFlags): { readonly domain: string; readonly data: readonly string[] } {
  if (domain !== undefined && data !== undefined) return { domain, data };
  throw new InvalidRequestError({
    message: `required option '${domain === undefined ? '--domain <domain>' : '--data <files...>'}' not specified`,
    hint: 'Name a domain and its labelled rows, or questions of text tiers: --text FILE.',
  });
}

/** Beside the deltas of the domain. */
async function defaultFile(folders: ModelFolders, domain: string): Promise<string> {
  const { path, catalog } = folders.folderOf(domain);
  const delta = catalog.deltas.find((each) => each.domain === domain)!;
  return join(path, delta.head.path, '..', '..', 'calibration.json');
}

/** The catalog names the calibration by its sha256, so it changes with it. */
async function refreshCatalog({ path }: ModelFolder, folders: ModelFolders): Promise<void> {
  const { catalog } = await buildCatalog(path, folders.current().models);
  await writeAtomically(join(path, 'catalog.json'), `${JSON.stringify(catalog, null, 1)}\n`);
}

/** Six digits are more than the data can tell, and keep the file readable. */
export function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rounded(each)]));
}

export const percentOr = (value: number | null | undefined, otherwise: string): string =>
  typeof value === 'number' ? percent(value) : otherwise;

const REPORTED_RISKS = [0.01, 0.02, 0.03, 0.05];

function report(calibration: Calibration, ranked: Recommendation['ranked'], file: string, json: boolean): void {
  const { data, ladders } = calibration;
  const summary = ladders.map(({ tiers, operating, relativeCosts, grid }) => ({
    ladder: tiers,
    accuracy: operating.accuracy,
    calls: operating.calls,
    relativeCost: operating.calls.reduce((sum, calls, i) => sum + calls * relativeCosts[i]!, 0),
    coverage: Object.fromEntries(
      REPORTED_RISKS.map((maxRisk) => [maxRisk, certify({ grid, rows: data.rows, maxRisk })?.coverage ?? null]),
    ),
  }));
  if (json) return printJson({ file, data, ladders: summary });
  print(`${data.rows} rows, ${data.outOfScopeRows} out of scope, ${ranked.length} tiers -> ${file}\n`);
  print(
    table([
      ['ladder', 'accuracy', 'cost', ...REPORTED_RISKS.map((risk) => `answered at ${percent(risk)} risk`)],
      ...summary.map(({ ladder, accuracy, relativeCost, coverage }) => [
        ladder.join(' -> '),
        percent(accuracy),
        percent(relativeCost),
        ...REPORTED_RISKS.map((risk) => percentOr(coverage[risk], 'not certified')),
      ]),
    ]),
  );
}
