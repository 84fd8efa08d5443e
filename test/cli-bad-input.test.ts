import { appendFileSync, chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, askLines, EASY, eventsOf, HARD, homeOfThisFile, inShort, refusal, tiersOf } from './support/answers.js';
import { edited, flipByte, linkedModels, replaceFile } from './support/linked-models.js';
import { canMount, mountReadOnly, mountSmallDisk } from './support/mounts.js';
import { SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';

const home = homeOfThisFile();
const asked = (text: string, ...flags: string[]): readonly string[] => ['run', '--domain', 'clinc150', ...flags, text];

interface CatalogFile {
  format: number;
  models: { id: string; task: string; variants: { weights: { bytes: number } }[] }[];
  deltas: { id: string; base: { files: Record<string, string> } }[];
}

describe('a catalog', () => {
  it('that is not there is named with its path', async () => {
    const models = path.join(temporaryFolder(), 'nowhere');
    const refused = await refusal(asked(EASY), { home, models });
    expect(refused).toMatchObject({ code: 'INVALID_CATALOG', facts: { file: path.join(models, 'catalog.json') } });
    expect(refused.exit).not.toBe(0);
    expect(refused.hint).not.toBe('');
  });

  it('that cannot be read is named with its path', async () => {
    const models = linkedModels();
    rmSync(path.join(models, 'catalog.json'));
    mkdirSync(path.join(models, 'catalog.json'));
    const refused = await refusal(asked(EASY), { home, models });
    expect(refused).toMatchObject({ code: 'INVALID_CATALOG', facts: { file: path.join(models, 'catalog.json') } });
    expect(refused.message).toContain('EISDIR');
  });

  it.each([
    ['cut off', (content: Buffer) => content.subarray(0, 1000)],
    ['empty', () => ''],
    ['an HTML page', () => '<!doctype html><title>404</title>'],
  ])('that is %s is not taken for JSON', async (_, change) => {
    const models = linkedModels();
    replaceFile(models, 'catalog.json', change);
    const refused = await refusal(asked(EASY), { home, models });
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_CATALOG' });
    expect(refused.message).toContain(path.join(models, 'catalog.json'));
  });

  it.each([
    ['format', (catalog: CatalogFile) => (catalog.format = 2)],
    ['models[1].task', (catalog: CatalogFile) => (catalog.models[1]!.task = 'juggling')],
    ['models[0].variants[0].weights.bytes', (c: CatalogFile) => (c.models[0]!.variants[0]!.weights.bytes = -1)],
  ])('that is wrong at %s is refused with that path', async (where_, change) => {
    const models = linkedModels();
    replaceFile(models, 'catalog.json', edited(change));
    const refused = await refusal(asked(EASY), { home, models });
    expect(refused).toMatchObject({ exit: 2, code: 'INVALID_CATALOG', facts: { path: where_ } });
    expect(refused.message).toContain(where_);
  });
});

describe('weights', () => {
  it('with a flipped byte leave the answer to the other tiers, degraded and told of', async () => {
    const models = linkedModels();
    replaceFile(models, 'encoders/base/model_int8.onnx', flipByte);
    const answer = await ask(HARD, { home, models });
    expect(answer).toMatchObject({ code: 4, verdict: { degraded: 'tier-failed' } });
    expect(tiersOf(answer)).not.toContain('base');
    expect(eventsOf(answer, 'failed')).toMatchObject([{ tier: 'base', code: 'ARTIFACT_CORRUPT' }]);
    expect(answer.stderr).toContain('ARTIFACT_CORRUPT');
    expect(answer.stderr).toContain('base/model_int8.onnx');
  });

  it('of the lightest tier with a flipped byte leave the answer to the next one', async () => {
    const models = linkedModels();
    replaceFile(models, 'encoders/nano/model_q4.onnx', flipByte);
    const answer = await ask(HARD, { home, models });
    expect(answer).toMatchObject({
      code: 4,
      output: { label: 'freeze_account' },
      verdict: { degraded: 'tier-failed' },
    });
    expect(tiersOf(answer)).not.toContain('nano');
  });

  it('with a flipped byte end a request of that tier alone', async () => {
    const models = linkedModels();
    replaceFile(models, 'encoders/base/model_int8.onnx', flipByte);
    const refused = await refusal(asked(HARD, '--policy', 'base'), { home, models });
    expect(refused).toMatchObject({
      exit: 1,
      code: 'ARTIFACT_CORRUPT',
      facts: { file: path.join(models, 'encoders/base/model_int8.onnx') },
    });
    expect(refused.hint).toContain('models verify');
  });

  it('that are cut off are refused by their size', async () => {
    const models = linkedModels();
    replaceFile(models, 'encoders/small/model_int8.onnx', (content) => content.subarray(0, 1000));
    const refused = await refusal(asked(HARD, '--policy', 'small'), { home, models });
    expect(refused).toMatchObject({ exit: 1, code: 'ARTIFACT_CORRUPT' });
    expect(refused.message).toContain('it has 1000 bytes');
  });

  it('that are missing leave the answer to the other tiers, and end a request of that tier alone', async () => {
    const models = linkedModels();
    rmSync(path.join(models, 'encoders/nano/model_q4.onnx'));
    const answer = await ask(HARD, { home, models });
    expect(answer).toMatchObject({ code: 0, output: { label: 'freeze_account' } });
    expect(eventsOf(answer, 'plan')[0]?.rejected).toContainEqual(
      expect.objectContaining({ tier: 'nano', code: 'storage' }),
    );
    const refused = await refusal(asked(HARD, '--policy', 'nano'), { home, models });
    expect(refused).toMatchObject({ exit: 3, code: 'NO_TIER_FITS' });
    expect(refused.message).toContain('model_q4.onnx is not here');
  });

  it('of a delta with a flipped byte leave the answer to the other tiers', async () => {
    const models = linkedModels();
    replaceFile(models, 'deltas/clinc150/base/head.safetensors', flipByte);
    const answer = await ask(HARD, { home, models });
    expect(answer).toMatchObject({ code: 4, verdict: { degraded: 'tier-failed' } });
    expect(eventsOf(answer, 'failed')).toMatchObject([{ tier: 'base', code: 'ARTIFACT_CORRUPT' }]);
  });

  it('do not matter to the lines after the first one', async () => {
    const models = linkedModels();
    replaceFile(models, 'encoders/nano/model_q4.onnx', flipByte);
    const line = `${JSON.stringify({ text: EASY })}\n`;
    const { code, lines } = await askLines([line, line], { home, models });
    expect(code).toBe(4);
    expect(lines.map(inShort)).toEqual(['credit_score', 'credit_score']);
  });

  it('of the tokenizer that all share end the request', async () => {
    const models = linkedModels();
    replaceFile(models, 'encoders/tokenizer.json', flipByte);
    expect(await refusal(asked(HARD), { home, models })).toMatchObject({ exit: 1, code: 'ARTIFACT_CORRUPT' });
  });
});

describe('a delta for another base', () => {
  const otherBase = edited<{ base: { files: Record<string, string> } }>(({ base }) => {
    base.files = Object.fromEntries(Object.keys(base.files).map((dtype) => [dtype, '0'.repeat(64)]));
  });

  it('is not indexed', async () => {
    const models = linkedModels();
    replaceFile(models, 'deltas/clinc150/base/delta.json', otherBase);
    const before = readFileSync(path.join(models, 'catalog.json'), 'utf8');
    const refused = await refusal(['models', 'index', models], { home, models });
    expect(refused).toMatchObject({ exit: 2, code: 'DELTA_MISMATCH', facts: { delta: 'clinc150/base' } });
    expect(readFileSync(path.join(models, 'catalog.json'), 'utf8')).toBe(before);
  });

  it('is not added', async () => {
    const [own, folder] = [temporaryFolder(), path.join(temporaryFolder(), 'delta')];
    cpSync(path.join(SHIPPED, 'deltas/clinc150/base'), folder, { recursive: true });
    replaceFile(folder, 'delta.json', otherBase);
    const refused = await refusal(['models', 'add', folder], { home: own });
    expect(refused).toMatchObject({ exit: 2, code: 'DELTA_MISMATCH' });
    expect(refused.hint).not.toBe('');
  });

  it('in a catalog edited by hand is not run, and the plan says why', async () => {
    const models = linkedModels();
    const change = edited<CatalogFile>(({ deltas }) => {
      for (const { id, base } of deltas) if (id === 'clinc150/base') base.files = { int8: '0'.repeat(64) };
    });
    replaceFile(models, 'catalog.json', change);
    const answer = await ask(HARD, { home, models });
    expect(tiersOf(answer)).not.toContain('base');
    expect(eventsOf(answer, 'plan')[0]?.rejected).toContainEqual(
      expect.objectContaining({ tier: 'base', code: 'delta', message: expect.stringContaining('clinc150/base') }),
    );
    const refused = await refusal(asked(HARD, '--policy', 'base'), { home, models });
    expect(refused).toMatchObject({ exit: 3, code: 'NO_TIER_FITS' });
    expect(refused.message).toContain('the delta clinc150/base was made for another base');
  });
});

/** Grows a file until there is no more room for it. */
function fillDisk(file: string): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
}

describe('a place that cannot be written', () => {
  it.skipIf(!canMount)('a read-only models folder answers all the same (needs root to mount)', async () => {
    const models = linkedModels();
    mountReadOnly(models);
    expect(await ask(HARD, { home, models })).toMatchObject({ code: 0, output: { label: 'freeze_account' } });
  });

  it.skipIf(!canMount)(
    'a full disk under the state is warned of, takes no answer away, and does no lasting harm (needs root to mount)',
    async () => {
      const full = path.join(temporaryFolder(), 'state');
      mountSmallDisk(full, 512 * 1024);
      expect(await ask(EASY, { home: full, cwd: home })).toMatchObject({ code: 0 });
      const ballast = path.join(full, 'ballast');
      fillDisk(ballast);
      const { code, stderr } = await terrace(asked(EASY), { home: full, cwd: home });
      expect(code).toBe(0);
      expect(stderr).toMatch(/^warning: .*ledger/m);
      rmSync(ballast);
      expect(await ask(EASY, { home: full, cwd: home })).toMatchObject({ code: 0, output: { label: 'credit_score' } });
    },
  );

  it('a state folder that is a file is warned of, left as it is, and takes no answer away', async () => {
    const file = path.join(temporaryFolder(), 'state');
    writeFileSync(file, 'mine');
    const { code, stderr } = await terrace(asked(EASY), { home: file, cwd: home });
    expect(code).toBe(0);
    expect(stderr).toContain(file);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it.skipIf(process.getuid?.() === 0)('a state folder of somebody else is warned of (not as root)', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    const { code, stderr } = await terrace(asked(EASY), { home: path.join(folder, 'state'), cwd: home });
    expect(code).toBe(0);
    expect(stderr).toContain(folder);
  });
});
