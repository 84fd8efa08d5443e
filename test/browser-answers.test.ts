import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Result, Step } from '@terrace/browser-host';
import { createNodeRuntime, type NodeRuntime } from '@terrace/node-host';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EASY, eventsOf, HARD, homeOfThisFile } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { SHIPPED } from './support/run-cli.js';

const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);

const TEXTS = [
  EASY,
  HARD,
  'do not let anyone touch my money',
  'how tall is the eiffel tower',
  'wie geht es dir',
  'я хочу заморозить счёт',
  'a'.repeat(500),
];

/** What a decision is: not when, nor by which requests a model was loaded. */
const decisionOf = ({ output, tier, placement, path, verdict, costUsd, sentBytes, trace }: Result) => ({
  label: output.kind === 'classification' && { label: output.label, outOfScope: output.outOfScope },
  tier,
  placement,
  path,
  verdict,
  costUsd,
  sentBytes,
  trace: trace.flatMap((event) => (event.kind === 'load' ? [] : [event.kind])),
});

/** A proxy that no request gets past. */
async function startWall(): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(502).end();
  });
  server.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.destroy();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe.skipIf(!HAS_CHROMIUM)('in a page (needs Chromium)', { timeout: 30_000 }, () => {
  const browser = browserOfThisSuite();
  const visit = browser.visitOfThisSuite();
  const home = homeOfThisFile();
  let node: NodeRuntime;
  beforeAll(async () => {
    node = await createNodeRuntime({ home, modelsFolder: SHIPPED, engineWorkerUrl: BUILT_WORKER });
  });
  afterAll(() => node.close());

  it('answers are those of Node: label, tiers, verdict and what happened', async () => {
    const { runtime } = visit();
    for (const text of TEXTS) {
      for (const policy of ['cascade', 'nano', 'small', 'base']) {
        const input = { domain: 'clinc150', text, policy };
        const [here, there] = await Promise.all([runtime.run(input), node.run(input)]);
        expect(decisionOf(here), `${policy}: ${text}`).toEqual(decisionOf(there));
        expect(here.confidence).toBeCloseTo(there.confidence!, 1);
      }
    }
    expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('embeddings are those of Node', async () => {
    const { runtime } = visit();
    const input = { task: 'feature-extraction', text: HARD, policy: 'base' } as const;
    const [here, there] = await Promise.all([runtime.run(input), node.run(input)]);
    const vectors = [here, there].map(({ output }) => (output.kind === 'embedding' ? output.vector : []));
    expect(vectors[0]).toHaveLength(384);
    expect(vectors[0]!.reduce((sum, value, i) => sum + value * vectors[1]![i]!, 0)).toBeGreaterThan(0.99);
  });

  it('a stream yields every event of the trace, the answers on the way, and the result of `run`', async () => {
    const { runtime } = visit();
    const input = { domain: 'clinc150', text: HARD };
    const steps = await runtime.steps(input);
    const of = <K extends Step['kind']>(kind: K) =>
      steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
    const [result] = of('result').map((step) => step.result);
    expect(steps.at(-1)!.kind).toBe('result');
    expect(of('trace').map(({ event }) => event)).toEqual(result!.trace);
    expect(of('answer')).toMatchObject([{ tier: 'nano', output: { label: 'report_lost_card' } }]);
    const run = await runtime.run(input);
    expect(decisionOf(run)).toEqual(decisionOf(result!));
    expect(run.answer).toEqual(result!.answer);
  });

  it('FIELD-BUG 20: progress has its total from the first event on, and what was prepared is not loaded by a request', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    const events = await runtime.prepare({ domain: 'clinc150' });
    const { doneBytes, totalBytes } = events[0]!;
    expect(doneBytes).toBeLessThan(totalBytes);
    expect(new Set(events.map((event) => event.totalBytes))).toEqual(new Set([totalBytes]));
    expect(events.at(-1)!.doneBytes).toBe(totalBytes);
    const done = events.map((event) => event.doneBytes);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    const asked = site.asked.length;
    const answers = [await runtime.run({ domain: 'clinc150', text: EASY })];
    answers.push(await runtime.run({ domain: 'clinc150', text: HARD }));
    expect(answers.map(({ path }) => path)).toEqual([['nano'], ['nano', 'base']]);
    expect(answers.flatMap((answer) => eventsOf(answer, 'load'))).toEqual([]);
    expect(site.asked.slice(asked).filter((path) => !path.endsWith('golden.json'))).toEqual([]);
  });

  it('everything comes from the origin of the page: no other host is asked for anything', async () => {
    const wall = await startWall();
    const profile = await browser.newProfile({ proxy: { server: wall.url, bypass: 'localhost' } });
    const site = await openSite();
    const runtime = await browser.openRuntime(site, {}, profile);
    expect((await runtime.run({ domain: 'clinc150', text: HARD })).tier).toBe('base');
    // That it would have been seen.
    await runtime.page.evaluate(() => fetch('http://elsewhere.test/').catch(() => undefined));
    expect(wall.asked).toEqual(['http://elsewhere.test/']);
    expect(site.asked.every((path) => path === '/' || /^\/(terrace|models|favicon\.ico)/.test(path))).toBe(true);
  });
});
