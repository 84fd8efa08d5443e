import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLoader,
  createScheduler,
  isLocalRung,
  parseRequest,
  recommend,
  requirementsOf,
  scoreRows,
  type Scored,
} from '@terrace/core';
import {
  createNodeEngine,
  createNodeProbe,
  openModelFolders,
  readExamples,
  shippedModels,
  systemClock,
} from '@terrace/node-host';
import { clincFiles } from './environment.js';

/** Every validation row of CLINC150 asked of the tiers once, in turn: times and scores are from one run. */
export async function scoreClinc(data: string, tierIds: readonly string[]): Promise<Scored> {
  const home = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
  const { rows: examples } = await readExamples(clincFiles(data));
  const folders = await openModelFolders({ shipped: shippedModels(), added: join(home, 'models') });
  const probe = createNodeProbe({ cacheFile: join(home, 'device.json'), storagePath: home, clock: systemClock });
  const requirements = requirementsOf(parseRequest({ text: 'a request', domain: 'clinc150' }));
  const { ranked } = recommend({
    requirements,
    profile: await probe.profile(),
    catalog: folders.current(),
    calibration: undefined,
    statistics: [],
    loadedBytes: 0,
    memoryCeilingBytes: undefined,
    failed: new Set(),
  });
  const loader = createLoader({ engine: createNodeEngine(), store: folders, onLoad: () => undefined });
  const scheduler = createScheduler({ loader, clock: systemClock, workers: () => 1 });
  try {
    const rungs = ranked.filter(isLocalRung).filter(({ tier }) => tierIds.includes(tier.id));
    // Twice: the first pass warms caches and compiled code.
    await scoreRows({ examples: examples.slice(0, 300), rungs, scheduler, clock: systemClock });
    return await scoreRows({ examples, rungs, scheduler, clock: systemClock });
  } finally {
    await loader.close();
  }
}
