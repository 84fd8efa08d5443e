import {
  parseRequest,
  quantile,
  recommend,
  requirementsOf,
  type Catalog,
  type DeviceProfile,
  type Estimate,
} from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import { launch, openPage, servePage } from '@terrace/test/browser';
import type { Page } from 'playwright-core';
import { clincFiles, dataFolder } from '../environment.js';
import { printFigures, seededRandom, shuffled, type Figure } from '../report.js';

const TIERS = ['nano', 'small', 'base'];
const WARM_UP = 20;
const RUNS = 100;

interface Told {
  readonly catalog: Catalog;
  /** Before anything was loaded. */
  readonly estimated: DeviceProfile;
  readonly measured: DeviceProfile;
}

/** What the recommender foresees of a page, from estimated rates and from measured ones, against its real runs. */
export async function browserRecommender(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: browser-recommender (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const texts = shuffled(rows.length, seededRandom(7)).map((row) => rows[row]!.text);
  const server = await servePage();
  const browser = await launch();
  try {
    const page = await openPage(browser, server.url);
    const told = await profiles(page, texts[0]!);
    const figures: Figure[] = [];
    for (const tier of TIERS) figures.push(...(await figuresOf(page, tier, texts, told)));
    printFigures('Recommender in a page of Chromium, WebAssembly', figures);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The page is profiled at once, and again when it has measured itself, after its first answer. */
const profiles = (page: Page, text: string): Promise<Told> =>
  page.evaluate(`(async () => {
    globalThis.runtime = await terrace.createBrowserRuntime({ catalogUrl: '/models/catalog.json' });
    const estimated = await runtime.profile();
    await runtime.run({ domain: 'clinc150', policy: 'nano', text: ${JSON.stringify(text)} });
    let measured = estimated;
    while (measured.providers[0].isEstimate) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      measured = await runtime.profile();
    }
    return { catalog: await runtime.catalog(), estimated, measured };
  })()`);

async function figuresOf(page: Page, tier: string, texts: readonly string[], told: Told): Promise<Figure[]> {
  const times: number[] = await page.evaluate(`(async () => {
    const times = [];
    for (const text of ${JSON.stringify(texts.slice(0, WARM_UP + RUNS))}) {
      const { trace } = await runtime.run({ domain: 'clinc150', policy: '${tier}', text });
      times.push(trace.find(({ kind }) => kind === 'run').durationMs);
    }
    return times.slice(${WARM_UP});
  })()`);
  const p50 = quantile(times, 0.5);
  return (['estimated', 'measured'] as const).map((basis) => {
    const { latencyMs } = foreseen(tier, told.catalog, told[basis]);
    const ratio = latencyMs / p50;
    return {
      name: `latency of ${tier}, foreseen from ${basis} rates`,
      wanted: 'within a factor of 2',
      measured: `${latencyMs.toFixed(2)} ms against ${p50.toFixed(2)} (ratio ${ratio.toFixed(2)})`,
      holds: ratio > 0.5 && ratio < 2,
    };
  });
}

function foreseen(tier: string, catalog: Catalog, profile: DeviceProfile): Estimate {
  const { ranked } = recommend({
    requirements: requirementsOf(parseRequest({ text: '-', domain: 'clinc150', policy: tier })),
    profile,
    catalog,
    calibration: undefined,
    statistics: [],
    loadedBytes: 0,
    memoryCeilingBytes: undefined,
    failed: new Set(),
  });
  return ranked[0]!.estimate;
}
