import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { LearnRun, LearnStatus, LessonSource } from '@terrace/core/deltas';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventsOf, homeOfThisFile, refusal, type Answer } from './support/answers.js';
import { contentsOf } from './support/contents-of.js';
import { writeRows, type Row } from './support/rows.js';
import { temporaryFolder, terrace } from './support/run-cli.js';
import { startServe, type ServeProcess } from './support/serve.js';

const LONG_MS = 60_000;
const DOMAIN = 'spare-parts';
/** Of the models only nano fits beside the inference runtime. */
const BOX = { TERRACE_MEMORY: '80MiB', TERRACE_LEARNING: '1' };

/** Numbers for labels, which say nothing to a model that has seen two rows of each. */
const rowsOf = (name: string): Row[] =>
  readFileSync(path.join(import.meta.dirname, '../examples', name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

const ROWS = rowsOf('spare-parts.jsonl');
/** What the box is taught by hand. */
const FEW = ROWS.slice(0, 24);
const TRAFFIC = ROWS.slice(24);
/** The same kind of requests, which nobody was taught. */
const LATER = rowsOf('spare-parts-asked.jsonl');

interface Status extends LearnStatus {
  readonly on: boolean;
  readonly lessons: readonly { domain: string; label: string; source: LessonSource; lessons: number }[];
}

/** The command on a box that learns. */
const box = (home: string, ...args: string[]) => terrace(args, { home, env: BOX });
const learn = async <T>(home: string, ...args: string[]): Promise<T> => {
  const { code, stderr, json } = await box(home, 'learn', ...args, '--json');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return json<T>();
};
const askAll = async (home: string, rows: readonly Row[], env: Record<string, string> = BOX): Promise<Answer[]> => {
  const input = Readable.from(rows.map(({ text }) => Buffer.from(`${JSON.stringify({ text })}\n`)));
  const { code, stdout } = await terrace(['run', '--domain', DOMAIN, '--json', '-'], { home, env, input });
  expect(code).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
};
const climbs = (answers: readonly Answer[]): number =>
  answers.filter((each) => eventsOf(each, 'climb').length > 0).length;
const countOf = ({ lessons }: Status, source: LessonSource): number =>
  lessons.reduce((sum, each) => sum + (each.source === source ? each.lessons : 0), 0);

let site: ServeProcess;
const siteHome = homeOfThisFile();
const home = homeOfThisFile();
/** As the box is when its lessons have gathered. */
const taught = homeOfThisFile();

beforeAll(async () => {
  const data = path.join(siteHome, 'rows.jsonl');
  writeFileSync(data, ROWS.map((row) => JSON.stringify(row)).join('\n'));
  const fit = ['delta', 'fit', '--data', data, '--domain', DOMAIN, '--base', 'base'];
  expect((await terrace(fit, { home: siteHome })).code).toBe(0);
  rmSync(data);
  site = await startServe(siteHome, []);
}, LONG_MS);
afterAll(() => void site.process.kill('SIGKILL'));

describe('a box whose site knows more', () => {
  it('keeps what the site answered and what people said as lessons', { timeout: LONG_MS }, async () => {
    const fit = ['delta', 'fit', '--data', writeRows(FEW), '--domain', DOMAIN, '--keep-examples'];
    expect(await box(home, ...fit)).toMatchObject({ code: 0, stderr: '' });
    expect(await box(home, 'tiers', 'add', site.url, '--id', 'site')).toMatchObject({ code: 0 });
    const answers = await askAll(home, TRAFFIC);
    expect(climbs(answers)).toBeGreaterThan(TRAFFIC.length / 2);
    const [{ label }] = TRAFFIC as [Row];
    const said = ['feedback', answers[0]!.requestId, 'wrong', '--correction', label];
    expect((await box(home, ...said)).stdout).toContain(`; a lesson in ${label}`);
    const status = await learn<Status>(home, 'status');
    expect(status).toMatchObject({ on: true, paused: false, domains: [{ stage: { kind: 'gathering', wanted: 0 } }] });
    expect(countOf(status, 'correction')).toBe(1);
    expect(countOf(status, 'data')).toBe(FEW.length);
    expect(countOf(status, 'teacher') + countOf(status, 'agreement')).toBeGreaterThan(TRAFFIC.length / 2);
    cpSync(home, taught, { recursive: true });
  });

  it('has the texts in a file that only its owner reads, and nowhere else', async () => {
    expect(statSync(path.join(home, 'lessons.db')).mode & 0o777).toBe(0o600);
    const copy = path.join(temporaryFolder(), 'home');
    cpSync(home, copy, { recursive: true, filter: (file) => !path.basename(file).startsWith('lessons.db') });
    const elsewhere = `${await contentsOf(copy)}${await contentsOf(siteHome)}${site.log()}`;
    expect(TRAFFIC.filter(({ text }) => elsewhere.includes(text))).toEqual([]);
  });

  it('measures without learning the rows that it is measured by', { timeout: LONG_MS }, async () => {
    const before = await learn<Status>(taught, 'status');
    const data = writeRows(LATER.slice(0, 2));
    expect((await box(taught, 'eval', '--data', data, '--domain', DOMAIN)).code).toBe(0);
    expect((await learn<Status>(taught, 'status')).lessons).toEqual(before.lessons);
  });

  it('answers by itself what it climbed for, and climbs again after the rollback', { timeout: LONG_MS }, async () => {
    const before = climbs(await askAll(home, LATER));
    const { runs } = await learn<{ runs: LearnRun[] }>(home, 'run');
    expect(runs).toMatchObject([{ kind: 'fitted', next: 'promoted', newLabels: [] }]);
    const answers = await askAll(home, LATER);
    expect(climbs(answers)).toBeLessThan(before / 2);
    expect(answers.filter(({ output }, i) => output.label === LATER[i]!.label).length).toBeGreaterThan(
      LATER.length * 0.8,
    );
    const { domains } = await learn<Status>(home, 'status');
    const [{ climbedBefore, climbedSince } = {}] = domains[0]!.promotions;
    expect(climbedSince).toBeLessThan(climbedBefore! / 2);
    expect((await box(home, 'delta', 'verify', DOMAIN)).code).toBe(0);
    expect((await box(home, 'delta', 'rollback', DOMAIN)).code).toBe(0);
    expect(climbs(await askAll(home, LATER))).toBe(before);
  });

  it('has no text in what was fitted', async () => {
    const fitted = await contentsOf(path.join(home, 'revisions'));
    expect([...TRAFFIC, ...FEW].filter(({ text }) => fitted.includes(text))).toEqual([]);
  });

  it('gathers while it is paused, goes on, and forgets to the last byte', { timeout: LONG_MS }, async () => {
    expect(await learn(home, 'pause')).toEqual({ paused: true });
    expect(await learn(home, 'status')).toMatchObject({ paused: true });
    expect(await refusal(['learn', 'run'], { home, env: BOX })).toMatchObject({ exit: 2, code: 'INVALID_REQUEST' });
    expect(await learn(home, 'resume')).toEqual({ paused: false });
    expect(await learn(home, 'forget', '--older', '1h')).toEqual({ forgotten: 0 });
    expect((await learn<{ forgotten: number }>(home, 'forget', '--domain', DOMAIN)).forgotten).toBeGreaterThan(
      TRAFFIC.length,
    );
    const status = await learn<Status>(home, 'status');
    expect(status).toMatchObject({ lessons: [], domains: [{ promotions: [{}] }] });
    cpSync(path.join(taught, 'lessons.db'), path.join(home, 'lessons.corrupt-2026-01-01T00-00-00-000Z.db'));
    await learn(home, 'forget', '--all');
    const kept = await contentsOf(home);
    expect([...TRAFFIC, ...FEW].filter(({ text }) => kept.includes(text))).toEqual([]);
  });
});

describe('two processes that fit one domain at once', () => {
  it('leave one whole revision in force, and what was learnt', { timeout: LONG_MS }, async () => {
    const both = await Promise.all([box(taught, 'learn', 'run'), box(taught, 'learn', 'run')]);
    expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    expect((await box(taught, 'delta', 'verify', DOMAIN)).code).toBe(0);
    const { domains } = await learn<Status>(taught, 'status');
    expect(domains[0]!.promotions.length).toBeGreaterThan(0);
    expect(climbs(await askAll(taught, LATER))).toBeLessThan(LATER.length / 2);
  });
});

describe('where learning is off', () => {
  it('no text is kept, and a correction teaches nothing', { timeout: LONG_MS }, async () => {
    const quiet = temporaryFolder();
    const env = { TERRACE_MEMORY: BOX.TERRACE_MEMORY };
    const { json } = await terrace(['run', '--domain', 'clinc150', '--json', 'play the whale song'], {
      home: quiet,
      env,
    });
    const said = ['feedback', json<Answer>().requestId, 'wrong', '--correction', 'play_music'];
    expect((await terrace(said, { home: quiet })).stdout).not.toContain('a lesson');
    expect(existsSync(path.join(quiet, 'lessons.db'))).toBe(false);
    expect(await contentsOf(quiet)).not.toContain('whale song');
    const status = await terrace(['learn', 'status'], { home: quiet });
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('learning is off') });
    expect(existsSync(path.join(quiet, 'lessons.db'))).toBe(false);
  });
});

describe('a server that learns', () => {
  it('hears corrections as lessons, and keeps no text in its log', { timeout: LONG_MS }, async () => {
    const learner = temporaryFolder();
    const { url, log, process } = await startServe(learner, [], BOX);
    onTestFinished(() => void process.kill('SIGKILL'));
    const post = async (route: string, body: unknown): Promise<Response> =>
      fetch(`${url}${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const text = 'play the whale song';
    const { requestId } = (await (await post('/v1/infer', { domain: 'clinc150', text })).json()) as Answer;
    expect((await post('/v1/feedback', { requestId, right: false, correction: 'play_music' })).status).toBe(200);
    const status = await learn<Status>(learner, 'status');
    expect(status.lessons).toEqual([{ domain: 'clinc150', label: 'play_music', source: 'correction', lessons: 1 }]);
    expect(log()).not.toContain(text);
  });
});
