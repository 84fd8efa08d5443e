import { join } from 'node:path';
import { proportion, type Example } from '@terrace/core';
import type { LearntDomain } from '@terrace/core/deltas';
import { readExamples, type NodeRuntime } from '@terrace/node-host';
import { dataFolder } from './environment.js';
import { askAndJudge, DOMAIN, openLearningBox, type HeldRows, type Measured } from './learning-box.js';
import { printFigures, seededRandom, shuffled } from './report.js';

/** Of the choice of labels and rows. */
const SEED = 4;
const UNKNOWN_LABELS = 30;
/** Share of the rows of a label that the student is fitted on; the others come as requests. */
const STUDENT_SHARE = 0.6;
/** Requests before the device rests, so that it can fit. */
const TRAFFIC = 3000;
const MOST_SHADOWED = 600;
/** Validation rows that are asked of each state. */
const UNKNOWN_ROWS = 150;
const KNOWN_ROWS = 4 * UNKNOWN_ROWS;

const KEPT_ROW = {
  domain: DOMAIN,
  source: 'data',
  teacher: undefined,
  requestId: undefined,
  weight: 1,
  residency: 'device',
  atWallMs: 0,
} as const;

/**
 * Figure 4 of deltas: a student that lacks 30 of 150 intents learns them from a teacher at the site. All answers of the
 * traffic are judged right or wrong by their label, and nobody says what would have been right.
 */
export async function deltaLearning(seed = SEED): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: delta-learning (TERRACE_DATA is not set)');
  const { student, traffic, held, labels } = await readParts(data, seed);
  const box = await openLearningBox(student, held);
  const device = await box.open();
  // As `terrace delta fit --keep-examples` does: a fit on what it learns has the rows of the first one, too.
  await device.learning!.lessons.add(student.map(({ text, label }) => ({ ...KEPT_ROW, text, label })));
  const fromMs = performance.now();
  const undisturbed = { answers: 0, wrong: 0 };
  let brokenAfter: number | undefined;
  for (const [index, row] of traffic.slice(0, TRAFFIC).entries()) {
    const { right, left } = await askAndJudge(device, row);
    if (brokenAfter !== undefined) continue;
    undisturbed.answers += Number(!left);
    undisturbed.wrong += Number(!left && !right);
    if ((await statusOf(device)).stage.kind === 'broken') brokenAfter = index + 1;
  }
  const before = await box.measure(held);
  console.log(`traffic ${seconds(fromMs)}; before: ${inWords(before)}`);

  const fitFromMs = performance.now();
  const [fitted] = await device.learning!.runNow(DOMAIN);
  if (fitted?.kind !== 'fitted') throw new Error(`no candidate: ${JSON.stringify(fitted)}`);
  const { lessons, newLabels, next, report } = fitted;
  console.log(
    `fitted on ${lessons} lessons in ${seconds(fitFromMs)}, ${newLabels.length} labels new: ${next} (${report.decision.reason})`,
  );
  for (const { rung, method, accuracy } of report.rungs)
    console.log(`  ${rung}: ${method}, ${inPercent(accuracy.value)}`);

  let shadowed = 0;
  let status = await statusOf(device);
  let { stage } = status;
  for (const row of traffic.slice(TRAFFIC, TRAFFIC + MOST_SHADOWED)) {
    if (status.stage.kind !== 'shadow') break;
    await askAndJudge(device, row);
    shadowed++;
    status = await statusOf(device);
    if (status.stage.kind === 'shadow') ({ stage } = status);
  }
  const after = await box.measure(held);
  console.log(`shadow: ${JSON.stringify(stage)}, ended after ${shadowed} requests; after: ${inWords(after)}`);
  await box.close();

  const known = labels - UNKNOWN_LABELS;
  const fall = 1 - after.unknown.climbed / before.unknown.climbed;
  printFigures(
    `Learning ${UNKNOWN_LABELS} of ${labels} intents from a site tier (${student.length} rows to the student, ${TRAFFIC + shadowed} as requests)`,
    [
      {
        name: 'drift breaks the certificate before the promotion',
        wanted: 'yes',
        measured: brokenAfter === undefined ? 'no' : `after ${brokenAfter} judged answers`,
        holds: brokenAfter !== undefined,
      },
      {
        name: 'a candidate is promoted out of shadow',
        wanted: 'yes',
        measured: status.promotions.length > 0 ? `after ${shadowed} requests` : `no: ${status.stage.kind}`,
        holds: status.promotions.length > 0,
      },
      {
        name: 'climb rate for those intents on validation rows',
        wanted: 'falls by 80 %',
        measured: `${inPercent(before.unknown.climbed)} to ${inPercent(after.unknown.climbed)}, ${inPercent(fall)} less`,
        holds: fall >= 0.8,
      },
      {
        name: 'wrong among answers that the device accepts by itself, all intents',
        wanted: `at most the bound, ${inPercent(after.bound)}`,
        measured: `${inPercent(proportion(undisturbed.wrong, undisturbed.answers).share ?? 0)} before the tiers were distrusted, ${inPercent(after.wrong.share ?? 0)} after (${after.wrong.count} of ${after.wrong.n}, 95 % interval ${after.wrong.interval.map(inPercent).join(' to ')})`,
        holds: (after.wrong.share ?? 0) <= after.bound && after.broken.length === 0,
      },
      {
        name: `accuracy of the other ${known} intents, by the device alone`,
        wanted: 'at most 2 points less',
        measured: `${inPercent(box.knownAlone)} to ${inPercent(after.knownAlone)} (with the site, while the tiers are distrusted: ${inPercent(before.known.accuracy)})`,
        holds: after.knownAlone >= box.knownAlone - 0.02,
      },
    ],
  );
}

interface Parts {
  readonly student: readonly Example[];
  readonly traffic: readonly Example[];
  readonly held: HeldRows;
  readonly labels: number;
}

/** Of a label that the student does not know, all training rows are requests. */
async function readParts(data: string, seed: number): Promise<Parts> {
  const random = seededRandom(seed);
  const read = async (name: string): Promise<Example[]> => {
    const { rows } = await readExamples([join(data, 'clinc150', name)]);
    return shuffled(rows.length, random).map((i) => rows[i]!);
  };
  const train = await read('train.jsonl');
  const validation = await read('val.jsonl');
  const labels = [...new Set(train.map(({ label }) => label))].toSorted();
  const order = shuffled(labels.length, random);
  const unknown = new Set(order.slice(0, UNKNOWN_LABELS).map((i) => labels[i]!));
  const student = labels.flatMap((label) => {
    if (unknown.has(label)) return [];
    const rows = train.filter((row) => row.label === label);
    return rows.slice(0, Math.ceil(STUDENT_SHARE * rows.length));
  });
  const given = new Set(student);
  const others = train.filter((row) => !given.has(row));
  return {
    student,
    // The student's rows are the first of their labels: without them, only unknown labels come first.
    traffic: shuffled(others.length, random).map((i) => others[i]!),
    held: {
      unknown: validation.filter(({ label }) => unknown.has(label)).slice(0, UNKNOWN_ROWS),
      known: validation.filter(({ label }) => !unknown.has(label)).slice(0, KNOWN_ROWS),
    },
    labels: labels.length,
  };
}

async function statusOf(device: NodeRuntime): Promise<LearntDomain> {
  const found = (await device.learning!.status()).domains.find(({ domain }) => domain === DOMAIN);
  const nothing = { correction: 0, teacher: 0, agreement: 0, data: 0 };
  return found ?? { domain: DOMAIN, waiting: nothing, stage: { kind: 'gathering', wanted: 0 }, promotions: [] };
}

const seconds = (fromMs: number): string => `${((performance.now() - fromMs) / 1000).toFixed(0)} s`;
const inPercent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const inWords = ({ unknown, known, wrong, broken, bound }: Measured): string =>
  [
    `unknown intents right ${inPercent(unknown.accuracy)}, climbed ${inPercent(unknown.climbed)}, asked the site ${inPercent(unknown.left)}`,
    `known intents right ${inPercent(known.accuracy)}, climbed ${inPercent(known.climbed)}, asked the site ${inPercent(known.left)}`,
    `wrong of accepted here ${wrong.count} of ${wrong.n}, bound ${inPercent(bound)}, broken: ${broken.join(', ') || 'none'}`,
  ].join('; ');
