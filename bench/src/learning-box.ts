import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { proportion, upperBound, type Example, type Proportion, type Result } from '@terrace/core';
import { createNodeRuntime, shippedModels, systemClock, type NodeRuntime } from '@terrace/node-host';
import { startServe, terrace } from './terrace-command.js';

export const DOMAIN = 'clinc150';

/** Validation rows, by whether the student was fitted on their label: four known ones for each unknown one. */
export interface HeldRows {
  readonly unknown: readonly Example[];
  readonly known: readonly Example[];
}

/** How a device does on rows that nobody learns from. */
export interface Measured {
  readonly unknown: { readonly climbed: number; readonly left: number; readonly accuracy: number };
  readonly known: { readonly climbed: number; readonly left: number; readonly accuracy: number };
  /** Right answers to known labels when only the models of this device are asked. */
  readonly knownAlone: number;
  /** Of answers that the device accepted by itself. */
  readonly wrong: Proportion;
  /** Tiers that the feedback on these rows speaks against. */
  readonly broken: readonly string[];
  /** What the calibration in force promises of wrong answers at its operating point. */
  readonly bound: number;
}

/** A device with `nano` and `small`, and a site that computes `base`. */
export interface LearningBox {
  /** Right answers to known labels before anything was learnt, and before there was a site. */
  readonly knownAlone: number;
  open(): Promise<NodeRuntime>;
  /** On a copy of the device as it is now: what is measured with is not learnt from. */
  measure(rows: HeldRows): Promise<Measured>;
  close(): Promise<void>;
}

/** Fits the student's deltas on its rows; only then the site is added. */
export async function openLearningBox(student: readonly Example[], held: HeldRows): Promise<LearningBox> {
  const [siteHome, home] = await Promise.all(
    ['site', 'student'].map((name) => mkdtemp(join(tmpdir(), `terrace-${name}-`))),
  );
  const models = await studentModels();
  const open = async (folder: string): Promise<NodeRuntime> =>
    createNodeRuntime({ home: folder, modelsFolder: models, learning: true });
  const first = await createNodeRuntime({ home: home!, modelsFolder: models });
  const { rungs } = await first.deltas.fit({ domain: DOMAIN, examples: student });
  for (const { rung, accuracy } of rungs) console.log(`student ${rung}: ${accuracy.value.toFixed(4)} held out`);
  const knownAlone = await alone(first, held.known);
  await first.close();
  const site = await startServe(siteHome!);
  const where = ['--home', home!, '--models', models];
  await terrace('tiers', 'add', site.url, ...where, '--model', 'base', '--id', 'site-base', '--placement', 'site');
  const opened: NodeRuntime[] = [];
  return {
    knownAlone,
    async open() {
      const device = await open(home!);
      opened.push(device);
      return device;
    },
    async measure(rows) {
      // Otherwise it would begin to learn while it waits.
      await opened[0]?.learning?.pause();
      await opened[0]?.flush();
      await opened[0]?.learning?.status();
      const copy = await mkdtemp(join(tmpdir(), 'terrace-copy-'));
      await cp(home!, copy, { recursive: true });
      const device = await open(copy);
      try {
        return await measureOn(device, rows);
      } finally {
        await device.close();
        await opened[0]?.learning?.resume();
      }
    },
    async close() {
      for (const device of opened) await device.close();
      await site.stop();
    },
  };
}

/** The shipped models and the teacher's delta, whose labels a device knows; but `base` itself is not here. */
async function studentModels(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'terrace-models-'));
  const shipped = shippedModels();
  await cp(join(shipped, 'encoders'), join(folder, 'encoders'), {
    recursive: true,
    filter: (path) => !path.endsWith('golden.json'),
  });
  const delta = join('deltas', DOMAIN, 'base');
  await cp(join(shipped, delta), join(folder, delta), { recursive: true });
  await terrace('models', 'index', folder);
  for (const dtype of ['int8', 'q4']) await rm(join(folder, 'encoders', 'base', `model_${dtype}.onnx`));
  return folder;
}

async function measureOn(device: NodeRuntime, { unknown, known }: HeldRows): Promise<Measured> {
  // In turn, one to four as in the validation data: tiers are judged by what they are asked.
  const ofUnknown: Seen[] = [];
  const ofKnown: Seen[] = [];
  for (const [index, row] of unknown.entries()) {
    ofUnknown.push(await askAndJudge(device, row));
    for (const other of known.slice(4 * index, 4 * index + 4)) ofKnown.push(await askAndJudge(device, other));
  }
  const mixed = [...ofUnknown, ...ofKnown];
  const here = mixed.filter(({ left }) => !left);
  const calibration = await device.models.calibration(DOMAIN);
  const longest = calibration?.ladders.toSorted((a, b) => b.tiers.length - a.tiers.length)[0];
  const { rows: n = 1 } = calibration?.data ?? {};
  const wrong = Math.round((1 - (longest?.operating.accuracy ?? 0)) * n);
  const stage = (await device.learning!.status()).domains.find(({ domain }) => domain === DOMAIN)?.stage;
  return {
    unknown: shares(ofUnknown),
    known: shares(ofKnown),
    knownAlone: await alone(device, known),
    wrong: proportion(here.filter(({ right }) => !right).length, here.length),
    broken: stage?.kind === 'broken' ? stage.tiers : [],
    bound: upperBound(wrong, n, 0.05),
  };
}

/** Accuracy of the ladder of this device's own models, as it is in force. */
async function alone(device: NodeRuntime, examples: readonly Example[]): Promise<number> {
  const { ladder } = await device.deltas.evaluate({ domain: DOMAIN, examples });
  return ladder?.accuracy.value ?? 0;
}

function shares(seen: readonly Seen[]): Measured['known'] {
  const share = (is: (each: Seen) => boolean): number => seen.filter(is).length / Math.max(1, seen.length);
  return {
    climbed: share((each) => each.climbed),
    left: share((each) => each.left),
    accuracy: share(({ right }) => right),
  };
}

export interface Seen {
  readonly right: boolean;
  /** More than one tier was asked. */
  readonly climbed: boolean;
  /** The site was asked. */
  readonly left: boolean;
}

/** Asks without any demand, and says whether the answer was right. */
export async function askAndJudge(device: NodeRuntime, { text, label }: Example): Promise<Seen> {
  const result: Result = await device.run({ text, domain: DOMAIN });
  const { requestId, output, trace } = result;
  const right = output.kind === 'classification' && output.label === label;
  const said = { right, correction: undefined, comment: undefined };
  await device.recordFeedback({ requestId, atWallMs: systemClock.wallMs(), ...said });
  return {
    right,
    climbed: trace.some(({ kind }) => kind === 'climb'),
    left: trace.some(({ kind }) => kind === 'call'),
  };
}
