import type { FaultKind } from '../teach/parse-examples.js';
import type { Decision, FitStage, Revision } from '../teach/taught.js';

/** Words of the panel that teaches, which come with it. */
export const TEACH_EN = {
  domain: 'What to teach',
  newDomain: 'Something new',
  name: 'Its name',
  nameHint: 'Letters, digits, “.”, “_” and “-”, such as spare-parts',
  badName: 'Give it a name of letters, digits, “.”, “_” and “-”.',

  examples: 'Examples, one a line',
  examplesHint:
    'In English: CSV whose first line says text,label – or JSON lines with "text" and "label". Five of each label or more.',
  file: 'Or from a file',
  fileHint: 'CSV or JSON lines, chosen here or dropped above. It takes the place of what is written there.',
  tooLarge: (most: string) => `The file is larger than ${most}: use a part of it.`,
  notUtf8: 'The file is not UTF-8: save it as UTF-8 and try again.',
  unreadable: 'The file cannot be read.',
  oneByOne: 'Or one by one',
  text: 'Text',
  label: 'Label',
  add: 'Add',

  question: 'A question to compare',
  questionHint: 'It is answered before and after.',
  askNow: 'Ask it now',

  check: 'Check the examples',
  teach: 'Teach',
  cancel: 'Cancel',
  cancelled: 'Cancelled. Everything is as it was.',

  empty: 'There are no examples yet.',
  faulty: (line: string, why: string) => `Line ${line}: ${why}`,
  faults: {
    'not-json': 'this is not JSON. Write {"text": "…", "label": "…"} on one line.',
    'no-fields': 'it has no "text" and "label" in quotes.',
    'no-columns': 'the first line must name the columns: text,label',
    'column-count': 'it has more or fewer columns than the first line. Put texts with commas in "quotes".',
    quote: 'a quote is in the middle of a field, or never ends.',
    blank: 'text or label is empty.',
  } satisfies Record<FaultKind, string>,
  goTo: (line: string) => `Go to line ${line}`,

  counted: (rows: string, labels: string) =>
    `${rows} ${rows === '1' ? 'example' : 'examples'} of ${labels} ${labels === '1' ? 'label' : 'labels'}.`,
  clean: 'Nothing in them looks wrong.',
  findings: 'Worth a look:',
  moreFindings: (count: string) => `And ${count} more.`,
  leftOut: (lines: string) => `Left out as repeated: ${lines}.`,
  lines: (lines: readonly string[], more: string | undefined) =>
    `${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}${more === undefined ? '' : ` and ${more} more`}`,
  found: {
    duplicate: (lines: string, label: string) => `The same text stands in ${lines}, as “${label}”.`,
    'near-duplicate': (lines: string, label: string) => `Nearly the same text stands in ${lines}, as “${label}”.`,
    contradiction: (lines: string, labels: string) =>
      `The same or nearly the same text has several labels in ${lines}: ${labels}.`,
    imbalance: (largest: string, times: string, smallest: string) =>
      `“${largest}” has ${times} times as many examples as “${smallest}”.`,
    'few-examples': (label: string, rows: string) => `“${label}” has only ${rows}: five or more are better.`,
    'label-error': (line: string, label: string, suggested: string) =>
      `Line ${line} says “${label}”, and reads like “${suggested}”.`,
    leakage: (line: string, other: string) => `Line ${line} of the test is line ${other} of the examples.`,
  },

  stages: {
    checking: 'Looking at the examples',
    embedding: 'Reading the examples',
    fitting: 'Learning from them',
    factors: 'Trying whether learning deeper pays',
    calibrating: 'Measuring how sure it may be',
    comparing: 'Comparing with what is there',
    keeping: 'Keeping it on this device',
  } satisfies Record<FitStage, string>,
  stageOf: (stage: string, rung: string | undefined) => (rung === undefined ? stage : `${stage} · ${rung}`),

  taught: 'Taught. The new one answers from now on.',
  kept: 'Kept, and not in use: what was there answers as before.',
  unchanged: 'Nothing has changed: it was taught exactly this before.',
  reasons: {
    first: 'Nothing of this was here before, and it does better than guessing.',
    better: 'It is better than what was there.',
    'equal-and-cheaper': 'It is as good as what was there, and costs less.',
    worse: 'It is worse than what is there.',
    'sub-domain-worse': 'It is worse than what is there in one part',
    'not-better': 'It is not surely better than what is there.',
    'no-better-than-guessing': 'It is no better than guessing: give it more examples, or other labels.',
    'too-few-rows': 'There are too few examples to tell whether it is better.',
  } satisfies Record<Decision['reason'], string>,
  reasonIn: (reason: string, part: string) => `${reason}: ${part}.`,
  difference: (points: string, interval: string, rows: string) =>
    `${points} percentage points (${interval} with 95 % certainty), on ${rows} examples it had not learnt from.`,
  calibrated: (rows: string) => `How sure it is was measured on ${rows} examples.`,
  uncalibrated: 'There were too few examples to measure anew how sure it may be.',
  rung: 'Tier',
  accuracy: 'Right on unseen examples, 95 % interval',
  size: 'Size',
  time: 'Time',
  interval: (low: string, high: string) => `${low} to ${high}`,

  asked: (question: string) => `“${question}”`,
  before: 'Before',
  after: 'After',
  unknownDomain: 'Not taught yet',
  notSure: (label: string) => `Not sure, perhaps ${label}`,
  outOfScope: 'Outside what it was taught',
  noScript: 'Cannot read this script',
  sure: (confidence: string, path: string) => `${confidence}, by ${path}`,

  revisions: 'Versions on this device',
  noRevisions: 'Nothing was taught here yet.',
  origins: {
    fitted: 'taught',
    learnt: 'learnt from answers',
    composed: 'composed',
    imported: 'imported',
    attached: 'attached',
    detached: 'detached',
    found: 'found here',
  } satisfies Record<Revision['origin'], string>,
  labels: (count: string) => `${count} ${count === '1' ? 'label' : 'labels'}`,
  inForce: 'in use',
  shipped: 'In use: what the page came with, if anything.',
  useThis: 'Use this one',
  goBack: 'Go back to the one before',
  wentBack: 'Done. Another one is in use.',
};

export type TeachTexts = typeof TEACH_EN;
