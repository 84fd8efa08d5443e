import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  engineDelta,
  engineModel,
  quantile,
  type Delta,
  type EngineDelta,
  type EngineInput,
  type EngineSession,
  type LocalTier,
} from '@terrace/core';
import { encodeSafetensors, type StoredType } from '@terrace/core/deltas';
import { readSafetensors, type LocatedFile } from '@terrace/core/engine';
import { createNodeEngine, openModelFolders, readExamples, shippedModels, type ModelFolders } from '@terrace/node-host';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures, type Figure } from './report.js';

const EVERY = 5;
const ATTACHMENTS = 30;
const TYPES = ['F16', 'int8'] as const satisfies StoredType[];
const SERVED = { nano: 'q4', small: 'int8', base: 'int8' } as const;

interface Row {
  readonly text: string;
  readonly label: string;
}

/** Figure 3 of deltas: what they weigh and lose with 16 and 8 bits a value, and what attaching and swapping take. */
export async function deltaSizes(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: delta-sizes (TERRACE_DATA is not set)');
  const store = await openModelFolders({ shipped: shippedModels(), added: '/no/models/were/added' });
  const folder = await mkdtemp(join(tmpdir(), 'terrace-deltas-'));
  try {
    const rows = await evaluationRows(data);
    for (const id of ['nano', 'small', 'base'] as const) {
      const tiers = Object.keys(rows).map((domain) => tierOf(store, `${domain}/${id}`, SERVED[id]));
      await measure({ store, folder, tiers, rows });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Rows that the shipped deltas have not seen. */
async function evaluationRows(data: string): Promise<Record<string, readonly Row[]>> {
  const clinc = await readExamples(clincFiles(data));
  const banking = await readExamples([join(data, 'banking77', 'train.jsonl')]);
  const heldBack = banking.rows.filter((_, i) => i % 10 === 0);
  return {
    clinc150: clinc.rows.filter((_, i) => i % EVERY === 0),
    banking77: heldBack.filter((_, i) => i % EVERY === 0),
  };
}

type Adapted = LocalTier & { readonly delta: Delta };

function tierOf(store: ModelFolders, deltaId: string, dtype: string): Adapted {
  const { models, deltas } = store.current();
  const delta = deltas.find(({ id }) => id === deltaId)!;
  const model = models.find(({ id }) => id === delta.base.id)!;
  const variant = model.variants.find((each) => each.dtype === dtype)!;
  return { kind: 'local', placement: 'device', id: model.id, model, variant, delta };
}

async function measure({
  store,
  folder,
  tiers,
  rows,
}: {
  readonly store: ModelFolders;
  readonly folder: string;
  readonly tiers: readonly Adapted[];
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}): Promise<void> {
  const [{ model, variant }] = tiers as [Adapted];
  const engine = createNodeEngine();
  const expectedRunMs = model.layers === 0 ? 0.2 : 4;
  const session = await engine.load(await engineModel(tiers[0]!, { store, provider: 'cpu', expectedRunMs }));
  const baseBytes = Math.min(...model.variants.map(({ weights }) => weights.bytes));
  const most = model.layers === 0 ? 0.05 : 0.03;
  const figures: Figure[] = [];
  const shipped: EngineDelta[] = [];
  for (const tier of tiers) {
    const { id, domain, labels } = tier.delta;
    const delta = await engineDelta(tier, store);
    shipped.push(delta);
    const asShipped = await labelsOf(session, delta, labels, rows[domain]!);
    for (const dtype of TYPES) {
      const again = await encodedAs(dtype, delta, folder);
      const found = await labelsOf(session, again, labels, rows[domain]!);
      const share = (again.head.bytes + (again.adapter?.bytes ?? 0)) / baseBytes;
      const agreeing = shareOf(found, (label, i) => label === asShipped[i]);
      const accuracy = (of: readonly string[]): number => shareOf(of, (label, i) => label === rows[domain]![i]!.label);
      figures.push({
        name: `${id}, ${dtype}`,
        wanted: dtype === 'int8' ? `at most ${100 * most} % of its base` : 'to be told',
        measured:
          `${((share * baseBytes) / 1024).toFixed(0)} KiB, ${(100 * share).toFixed(2)} % of ${(baseBytes / 2 ** 20).toFixed(1)} MiB; ` +
          `${(100 * agreeing).toFixed(1)} % of labels as shipped, accuracy ${accuracy(found).toFixed(4)} (shipped ${accuracy(asShipped).toFixed(4)}) on ${found.length} rows`,
        holds: dtype !== 'int8' || share <= most,
      });
    }
  }
  figures.push(...(await attachFigures(session, shipped, rows['clinc150']!)));
  await session.release();
  await engine.close();
  printFigures(`Deltas of ${model.id}, run with ${variant.dtype}`, figures);
}

/** The same delta in files of another type of values. */
async function encodedAs(dtype: StoredType, delta: EngineDelta, folder: string): Promise<EngineDelta> {
  const encode = async (file: LocatedFile): Promise<LocatedFile> => {
    const bytes = encodeSafetensors(readSafetensors(await readFile(file.location)), { dtype });
    const sha256 = sha256Of(bytes);
    const location = join(folder, `${sha256}.safetensors`);
    await writeFile(location, bytes);
    return { location, bytes: bytes.length, sha256 };
  };
  const [head, adapter] = [await encode(delta.head), delta.adapter && (await encode(delta.adapter))];
  return { ...delta, deltaId: sha256Of(`${dtype} ${delta.deltaId}`), head, adapter };
}

async function labelsOf(
  session: EngineSession,
  delta: EngineDelta,
  labels: readonly string[],
  rows: readonly Row[],
): Promise<string[]> {
  await session.attach(delta);
  const found: string[] = [];
  for (const { text } of rows) {
    const { values } = await session.run(inputOf(text, delta));
    found.push(labels[values.indexOf(Math.max(...values))]!);
  }
  await session.detach(delta.deltaId);
  return found;
}

/** Each from the call to the end of what it takes, in a session that has answered before. */
async function attachFigures(
  session: EngineSession,
  [first, second]: readonly EngineDelta[],
  rows: readonly Row[],
): Promise<Figure[]> {
  const [attachMs, swapMs, runMs]: [number[], number[], number[]] = [[], [], []];
  let attached = first!;
  await session.attach(attached);
  for (let i = 0; i < ATTACHMENTS; i++) {
    const { text } = rows[i]!;
    runMs.push(await timed(() => session.run(inputOf(text, attached))));
    const copy = { ...first!, deltaId: sha256Of(`copy ${i}`) };
    attachMs.push(await timed(() => session.attach(copy)));
    await session.detach(copy.deltaId);
    const next = { ...(i % 2 === 0 ? second! : first!), deltaId: sha256Of(`next ${i}`) };
    // What a request finds: the new one was attached beside the old one, which answered meanwhile and goes as it comes.
    await session.attach(next);
    await session.run(inputOf(text, attached));
    swapMs.push(
      await timed(async () => {
        const gone = session.detach(attached.deltaId);
        await session.run(inputOf(text, next));
        await gone;
      }),
    );
    attached = next;
  }
  const [attach, swap, run] = [attachMs, swapMs, runMs].map((all) => quantile(all, 0.5)) as [number, number, number];
  return [
    {
      name: 'attaching, median',
      wanted: 'less than 5 ms',
      measured: `${attach.toFixed(2)} ms`,
      holds: attach < 5,
    },
    {
      name: 'swapping: the next run beside a plain one, medians',
      wanted: 'less than one inference',
      measured: `${swap.toFixed(2)} ms against ${run.toFixed(2)} ms: ${(swap - run).toFixed(2)} ms`,
      holds: swap - run < run,
    },
    {
      name: 'attaching and swapping together',
      wanted: 'to be told',
      measured: `${(attach + swap - run).toFixed(2)} ms, ${((attach + swap - run) / run).toFixed(1)} inferences`,
      holds: true,
    },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

const inputOf = (text: string, { deltaId }: EngineDelta): EngineInput => ({
  task: 'text-classification',
  text,
  deltaId,
});

const shareOf = <T>(values: readonly T[], holds: (value: T, i: number) => boolean): number =>
  values.filter(holds).length / values.length;

const sha256Of = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
