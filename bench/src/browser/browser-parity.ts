import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNodeRuntime, readExamples } from '@terrace/node-host';
import { clincFiles, dataFolder, modelsFolder } from '../environment.js';
import { printFigures, seededRandom, shuffled } from '../report.js';
import { openPages } from './pages.js';

const SENTENCES = 1000;

interface Decision {
  readonly tier: string;
  readonly label: string;
}

/** Figure 5 of the browser: whether a page decides as Node does. */
export async function browserParity(): Promise<void> {
  const [data, models] = [dataFolder(), modelsFolder()];
  if (data === undefined || models === undefined)
    return console.log('skipped: browser-parity (TERRACE_DATA or TERRACE_MODELS is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const texts = shuffled(rows.length, seededRandom(5))
    .slice(0, SENTENCES)
    .map((row) => rows[row]!.text);

  const runtime = await createNodeRuntime({ home: await mkdtemp(path.join(tmpdir(), 'terrace-bench-')) });
  const inNode: Decision[] = [];
  for (const text of texts) {
    const { tier, output } = await runtime.run({ domain: 'clinc150', text });
    inNode.push({ tier, label: output.kind === 'classification' ? output.label : '' });
  }
  await runtime.close();

  const pages = await openPages(models);
  const page = await pages.load(await pages.newContext(), 'cascade');
  await page.evaluate('open()');
  const inPage = (await page.evaluate(`(async () => {
    const decisions = [];
    for (const text of ${JSON.stringify(texts)}) {
      const { tier, output } = await ask(text);
      decisions.push({ tier, label: output.label });
    }
    return decisions;
  })()`)) as Decision[];
  await pages.close();

  const share = (same: (a: Decision, b: Decision) => boolean): number =>
    inNode.filter((decision, i) => same(decision, inPage[i]!)).length / texts.length;
  const both = share((a, b) => a.tier === b.tier && a.label === b.label);
  const labels = share((a, b) => a.label === b.label);
  printFigures(`A page against Node, ${SENTENCES} validation sentences of CLINC150`, [
    {
      name: 'same tier and label',
      wanted: 'at least 99 %',
      measured: `${(both * 100).toFixed(1)} % (labels ${(labels * 100).toFixed(1)} %)`,
      holds: both >= 0.99,
    },
  ]);
}
