import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homeOfThisFile } from './support/answers.js';
import { terrace } from './support/run-cli.js';
import { startScriptedUpstream, type ChatAsk, type ScriptedUpstream } from './support/scripted-upstream.js';
import { temporaryHome } from './support/temporary-home.js';
import { putTextModels, TERRACE_TEXT_MODEL } from './support/text-models.js';

const START_MS = 60_000;

describe('terrace chat', { timeout: START_MS }, () => {
  const home = homeOfThisFile();
  let upstream: ScriptedUpstream;
  const chat = (args: readonly string[], ...lines: readonly string[]) =>
    terrace(['chat', ...args], { home, input: Readable.from(lines.map((line) => `${line}\n`)) });
  /** The last chat that was asked, in a line. */
  const asked = (): string =>
    (upstream.requests.at(-1)!.body as ChatAsk).messages.map(({ role, content }) => `${role}: ${content}`).join(' | ');

  beforeAll(async () => {
    // Whoever draws on a terminal through an answer is kept from it.
    upstream = await startScriptedUpstream({ models: ['writer-1'], chat: (_, count) => `answer \u001b[2J${count}` });
    const flags = ['--id', 'writer', '--model', 'writer-1', '--protocol', 'openai', '--placement', 'site'];
    const task = ['--task', 'text-generation'];
    expect((await terrace(['tiers', 'add', upstream.url, ...flags, ...task], { home })).code).toBe(0);
  }, START_MS);
  afterAll(() => upstream?.close());

  it('answers a question, and says who did', async () => {
    const { code, stdout, stderr } = await chat(['hello there', '--max-tokens', '9']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^answer \[2J\d+\n$/)]);
    expect(stderr).toMatch(/^writer at the site · \d+ tokens/);
    expect(asked()).toBe('user: hello there');
  });

  it('is a chat line by line, with commands among them', async () => {
    const lines = ['one', 'two', '/why', '/clear', '/system Be brief.', 'three', '/nothing', '/tiers', '/exit', 'four'];
    const { code, stdout, stderr } = await chat([], ...lines);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^answer .*\nanswer .*\n {2}plan .*writer/);
    expect(stdout).toMatch(/generate .*writer: \d+ tokens read/);
    expect(stdout).toMatch(/tier +variant +place[^]*\nwriter +- +site[^]*not used\n +smollm2/);
    expect(stderr).toContain('There is no /nothing.');
    expect(asked()).toBe('system: Be brief. | user: three');
  });

  it('prints results as JSON, and goes no further than it may', async () => {
    const { stdout } = await chat(['--json'], 'one');
    expect(JSON.parse(stdout)).toMatchObject({ tier: 'writer', placement: 'site', confidence: null });
    const offline = await chat(['hello', '--offline']);
    expect([offline.code, offline.stdout]).toEqual([3, '']);
    expect(offline.stderr).toContain('terrace models pull smollm2 --from FOLDER');
    const long = await chat(['--json'], 'x'.repeat(600_000));
    expect([long.code, long.stdout]).toEqual([2, expect.stringContaining('Line 1 is too long.')]);
    const wrong = await chat(['hello', '--temperature', '-1', '--json']);
    expect([wrong.code, wrong.json()]).toEqual([2, { error: expect.objectContaining({ code: 'INVALID_REQUEST' }) }]);
  });

  it('is asked by run and told of by recommend as well', async () => {
    const run = await terrace(['run', 'hello', '--task', 'text-generation'], { home });
    expect(run.stdout).toMatch(/^answer [^]*answered +writer at the site/);
    const plan = await terrace(['recommend', '--task', 'text-generation', '--json'], { home });
    expect(plan.json()).toMatchObject({ ladder: ['writer'], rejected: [{ tier: 'smollm2', code: 'storage' }] });
  });
});

it.skipIf(!TERRACE_TEXT_MODEL)(
  'SmolLM2 answers on this device (needs TERRACE_TEXT_MODEL)',
  { timeout: START_MS },
  async () => {
    const home = temporaryHome();
    const args = ['chat', 'Name a fruit.', '--max-tokens', '4', '--offline', '--json'];
    const { code, json } = await terrace(args, { home, models: putTextModels(home) });
    expect(code).toBe(0);
    expect(json()).toMatchObject({ tier: 'smollm2', placement: 'device', usage: { outputTokens: 4 } });
  },
);
