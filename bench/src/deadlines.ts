import { quantile, type Result } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures, seededRandom, shuffled, type Figure } from './report.js';
import { watchTimer } from './timer-delay.js';
import { openTwoBoxes } from './two-boxes.js';

const REQUESTS = 2000;
const AT_A_TIME = 4;
const DEADLINE_MS = 150;
const GRACE_MS = 20;
const FAULT_SHARE = 0.1;
/** Every second request demands so much that most of them want the site. */
const MUCH = 0.97;
const FAULTS = [
  'reset',
  'lost-answer',
  'reset-mid-body',
  'truncated-json',
  'too-many-requests',
  'server-error',
  'unavailable',
  'html',
  'redirect',
  'black-hole',
  'slow-loris',
  'stall',
] as const;

interface Run {
  readonly latenciesMs: number[];
  readonly unanswered: number;
  readonly timerP999Ms: number;
  readonly remote: number;
  readonly degraded: number;
}

/** Figure 4 of site tiers: answers by their deadline, whatever the network does. */
export async function deadlines(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: deadlines (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const texts = shuffled(rows.length, seededRandom(5)).map((row) => rows[row]!.text);
  const { device, network, close } = await openTwoBoxes();
  const ask = (text: string, i: number): Promise<Result> =>
    device.run({
      text,
      domain: 'clinc150',
      deadlineMs: DEADLINE_MS,
      ...(i % 2 === 0 && { minConfidence: MUCH }),
    });
  for (const [i, text] of texts.slice(0, 40).entries()) await ask(text, i);

  const rates = Object.fromEntries(FAULTS.map((fault) => [fault, FAULT_SHARE / FAULTS.length]));
  network.setFaults({ rates, stallMs: 400, dripMs: 20 });
  const faulty = await run(texts.slice(100, 100 + REQUESTS), ask);
  network.setFaults({ rates: {} });
  network.blackHole(true);
  const dark = await run(texts.slice(500, 500 + REQUESTS), ask);
  network.blackHole(false);
  await close();
  printFigures(`Deadlines of ${DEADLINE_MS} ms, ${REQUESTS} requests, ${AT_A_TIME} at a time`, [
    ...figures('10 % faults', faulty),
    ...figures('site black-holed', dark),
  ]);
}

async function run(texts: readonly string[], ask: (text: string, i: number) => Promise<Result>): Promise<Run> {
  const latenciesMs: number[] = [];
  let unanswered = 0;
  let remote = 0;
  let degraded = 0;
  let next = 0;
  const timer = watchTimer();
  const client = async (): Promise<void> => {
    for (let i = next++; i < texts.length; i = next++) {
      const fromMs = performance.now();
      try {
        const { placement, verdict } = await ask(texts[i]!, i);
        if (placement !== 'device') remote++;
        if (verdict.degraded !== undefined) degraded++;
      } catch {
        unanswered++;
      }
      latenciesMs.push(performance.now() - fromMs);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, client));
  return { latenciesMs, unanswered, remote, degraded, timerP999Ms: timer.quantileMs(0.999) };
}

function figures(name: string, { latenciesMs, unanswered, remote, degraded, timerP999Ms }: Run): Figure[] {
  const limitMs = DEADLINE_MS + GRACE_MS + timerP999Ms;
  const share = latenciesMs.filter((latencyMs) => latencyMs <= limitMs).length / latenciesMs.length;
  return [
    { name: `${name}: without an answer`, wanted: '0', measured: String(unanswered), holds: unanswered === 0 },
    {
      name: `${name}: within the deadline, ${GRACE_MS} ms and the timer's p99.9 (${timerP999Ms.toFixed(1)} ms)`,
      wanted: 'at least 99.9 %',
      measured: `${(100 * share).toFixed(2)} % (p50 ${quantile(latenciesMs, 0.5).toFixed(1)}, p99.9 ${quantile(latenciesMs, 0.999).toFixed(1)} ms; ${remote} answered by the site, ${degraded} degraded)`,
      holds: share >= 0.999,
    },
  ];
}
