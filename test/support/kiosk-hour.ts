import type { RequestInput } from '@terrace/browser-host';
import type { PageFailure } from './page-runtime.js';

/** What an hour of a kiosk is made of. */
export interface Hour {
  readonly texts: readonly string[];
  readonly questions: number;
  /** How many come at once. */
  readonly burst: number;
  /** Longer than it takes until models are unloaded. */
  readonly pauseMs: number;
}

export interface HourTally {
  answered: number;
  climbed: number;
  /** Left by who asked, before the answer. */
  left: number;
  /** Answered when the network was back. */
  waited: number;
  readonly failures: string[];
}

/**
 * Customers come and go: bursts of questions with quiet in between, answers watched as they come or left before, some
 * in a hurry; now and then one says what he thinks of the answer; the network is gone for a while; somebody reads the
 * report. Runs in the page.
 */
export async function liveAnHour({ texts, questions, burst, pauseMs }: Hour): Promise<HourTally> {
  const { runtime } = window.driver;
  const tally: HourTally = { answered: 0, climbed: 0, left: 0, waited: 0, failures: [] };
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
  const input = (i: number): RequestInput => ({
    domain: 'clinc150',
    text: `${texts[i % texts.length]}${i % 2 ? '' : ` ${i}`}`,
  });

  const ask = async (i: number, given: Partial<RequestInput> = {}): Promise<void> => {
    const result = await runtime.run({ ...input(i), ...given });
    tally.answered++;
    if (result.path.length > 1) tally.climbed++;
    if (i % 5 === 0) await runtime.recordFeedback({ requestId: result.requestId, right: i % 10 === 0 });
  };
  const watch = async (i: number, isPatient: boolean): Promise<void> => {
    for await (const step of runtime.stream(input(i))) {
      if (step.kind === 'result') tally.answered++;
      else if (step.kind === 'answer' && !isPatient) {
        tally.left++;
        break;
      }
    }
  };
  const leave = async (i: number): Promise<void> => {
    const control = new AbortController();
    const asking = runtime.run(input(i), { signal: control.signal });
    await sleep(i % 4);
    control.abort();
    await asking.then(
      () => tally.answered++,
      () => tally.left++,
    );
  };
  const come = (i: number): Promise<void> => {
    switch (i % 8) {
      case 0:
        return watch(i, true);
      case 1:
        return watch(i, false);
      case 2:
        return leave(i);
      case 3:
        return ask(i, { deadlineMs: 5 });
      default:
        return ask(i, { policy: 'cascade' });
    }
  };
  const guarded = (what: Promise<void>): Promise<void> =>
    what.catch((error: unknown) => void tally.failures.push(String(error)));

  const putOff = async (request: RequestInput): Promise<string> => {
    const { failure } = (await window.driver.attempt(() => runtime.run(request))) as { failure?: PageFailure };
    return String(failure?.facts?.['requestId']);
  };
  const offline = async (): Promise<void> => {
    await runtime.setOffline(true);
    await ask(3);
    const requestId = await putOff({ ...input(4), policy: 'server', whenOffline: 'queue' });
    await runtime.setOffline(false);
    const state = await runtime.queued.wait(requestId);
    if (state?.kind !== 'done') throw new Error(`what waited is ${state?.kind}`);
    await runtime.queued.forget(requestId);
    tally.waited++;
  };

  for (let i = 0; i < questions; i += burst) {
    const width = Math.min(burst, questions - i);
    await Promise.all(Array.from({ length: width }, (_, j) => guarded(come(i + j))));
    if (i % (burst * 8) === 0) await sleep(pauseMs);
  }
  await guarded(offline());
  await guarded(runtime.report().then(() => undefined));
  await sleep(pauseMs);
  return tally;
}
