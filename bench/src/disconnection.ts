import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { RequestQueuedError, type QueuedState, type Result } from '@terrace/core';
import { readExamples, type NodeRuntime } from '@terrace/node-host';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures, seededRandom, shuffled } from './report.js';
import { terrace, TERRACE } from './terrace-command.js';
import { openTwoBoxes } from './two-boxes.js';

const REQUESTS = 1000;
const KILLS = 2;
const POLL_MS = 2;
/** What a call is named after is the request, the endpoint, and that it is made because the first one is late. */
const CALL = /^(?<requestId>[0-9a-f]+)-[0-9a-f]{8}(?<second>-2)?$/;

/** Figure 6 of site tiers: requests put off while the site is away; whoever answers them is killed, twice. */
export async function disconnection(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: disconnection (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const texts = shuffled(rows.length, seededRandom(8))
    .slice(0, REQUESTS)
    .map((row) => rows[row]!.text);
  const calls: Call[] = [];
  const { device, home, network, siteUrl, openDevice, close } = await openTwoBoxes({ reconcile: false }, (arrival) => {
    const call = arrival.path.endsWith('/infer') && toCall(String(arrival.headers['idempotency-key']));
    if (call) calls.push(call);
  });
  await network.down();
  const ids: string[] = [];
  for (const text of texts) ids.push(await putOff(device, text));
  await network.up();
  calls.length = 0;

  const first = (): string[] => calls.flatMap(({ requestId, isSecond }) => (isSecond ? [] : [requestId]));
  const asked = (): number => new Set(first()).size;
  const textsBefore = await textsComputed(siteUrl);
  const fromMs = performance.now();
  let killed = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const at = (kill * REQUESTS) / (KILLS + 1);
    if (await killOnceSo({ home, isTime: () => asked() >= at })) killed++;
  }
  await terrace('queue', 'run', '--home', home, '--json');
  const seconds = (performance.now() - fromMs) / 1000;
  const computed = (await textsComputed(siteUrl)) - textsBefore;
  const seen = calls.length;
  const repeated = first().length - asked();
  const isEachAsked = asked() === REQUESTS;

  const states = await device.queued!.list({ limit: 10 * REQUESTS });
  const direct = await openDevice();
  const expected: string[] = [];
  for (const text of texts) expected.push(labelOf(await direct.run(question(text))));
  await close();

  const done = states.flatMap((state) => (state.kind === 'done' ? [state] : []));
  const equal = done.filter(({ result }, i) => labelOf(JSON.parse(result) as Result) === expected[i]).length;
  const late = seen - REQUESTS - repeated;
  const isInOrder = done.every(({ atWallMs }, i) => i === 0 || atWallMs >= done[i - 1]!.atWallMs);
  console.log(
    `\n${killed} of ${KILLS} processes killed; all answered ${seconds.toFixed(1)} s after the first started; the site ` +
      `saw ${seen} calls (${repeated} repeated after a kill, ${late} because an answer was late) and computed ${computed} texts`,
  );
  printFigures(`${REQUESTS} requests put off, client killed ${KILLS} times`, [
    {
      name: 'answered, waiting, given up',
      wanted: `${REQUESTS}, 0, 0`,
      measured: `${done.length}, ${count(states, 'waiting')}, ${count(states, 'failed')}`,
      holds: killed === KILLS && done.length === REQUESTS && states.length === REQUESTS,
    },
    {
      name: 'each request once, in the order in which they were put off',
      wanted: 'yes',
      measured: states.every(({ queued }, i) => queued.requestId === ids[i]) && isInOrder ? 'yes' : 'no',
      holds: states.every(({ queued }, i) => queued.requestId === ids[i]) && isInOrder,
    },
    {
      name: 'calls beyond one a request, those for late answers aside',
      wanted: `at most ${KILLS}: what was under way`,
      measured: String(repeated),
      holds: isEachAsked && repeated <= KILLS,
    },
    {
      name: 'answers equal to those of the site when asked at once',
      wanted: String(REQUESTS),
      measured: String(equal),
      holds: equal === REQUESTS,
    },
  ]);
}

/** A call of the site. */
interface Call {
  readonly requestId: string;
  /** Made because the answer to the first one was late. */
  readonly isSecond: boolean;
}

/** @returns undefined for what is no request of anybody, such as a probe */
function toCall(name: string): Call | undefined {
  const { requestId, second } = CALL.exec(name)?.groups ?? {};
  return requestId === undefined ? undefined : { requestId, isSecond: second !== undefined };
}

const question = (text: string) => ({ text, domain: 'clinc150', policy: 'site-base' }) as const;

/** @returns the id under which the request waits @throws when it does not */
async function putOff(device: NodeRuntime, text: string): Promise<string> {
  try {
    await device.run({ ...question(text), whenOffline: 'queue' });
  } catch (error) {
    if (RequestQueuedError.isInstance(error)) return String(error.facts['requestId']);
    throw error;
  }
  throw new Error('a request was answered though the site is away');
}

/** `terrace queue run`, killed in the middle. @returns false when it had ended before */
async function killOnceSo({ home, isTime }: { home: string; isTime: () => boolean }): Promise<boolean> {
  const child = spawn(process.execPath, [TERRACE, 'queue', 'run', '--home', home, '--json'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (!isTime() && child.exitCode === null) await sleep(POLL_MS);
  child.kill('SIGKILL');
  await ended;
  return child.signalCode === 'SIGKILL';
}

/** Texts that the site has computed so far. */
async function textsComputed(siteUrl: string): Promise<number> {
  const text = await (await fetch(`${siteUrl}/metrics`)).text();
  return [...text.matchAll(/^terrace_texts_total\{.*\} (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
}

const labelOf = ({ output }: Pick<Result, 'output'>): string => (output.kind === 'classification' ? output.label : '');

const count = (states: readonly QueuedState[], kind: QueuedState['kind']): number =>
  states.filter((state) => state.kind === kind).length;
