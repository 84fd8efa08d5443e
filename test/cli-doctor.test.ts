import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { flipByte, replaceFile } from './support/linked-models.js';
import { copyOfModels, SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';

interface Diagnosis {
  readonly ok: boolean;
  readonly checks: readonly { name: string; state: string; found: string; fix?: string }[];
}

async function doctor(setUp: { home: string; models?: string; cwd?: string }, ...args: string[]) {
  const { code, ...outcome } = await terrace(['doctor', '--json', ...args], setUp);
  const { ok, checks } = outcome.json<Diagnosis>();
  const problems = checks.filter(({ state }) => state === 'problem');
  return { code, ok, checks, problems, names: problems.map(({ name }) => name) };
}

// The first start on a machine measures it, then four variants are loaded and run with each of their deltas.
const SEVERAL_LOADS_MS = 20_000;

it(
  'finds nothing wrong with a healthy set-up and lets every variant answer',
  { timeout: SEVERAL_LOADS_MS },
  async () => {
    const { code, ok, checks, problems } = await doctor({ home: temporaryFolder() });
    expect(problems).toEqual([]);
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    const found = Object.fromEntries(checks.map(({ name, found: text }) => [name, text]));
    for (const variant of ['nano q4', 'small int8', 'base int8', 'base q4'])
      expect(found[variant]).toContain('answers in');
    expect(found['ledger']).toContain('not there yet');
  },
);

it(
  'names every problem of a broken set-up with a fix, and goes on after each',
  { timeout: SEVERAL_LOADS_MS },
  async () => {
    const home = temporaryFolder();
    const models = copyOfModels();
    writeFileSync(
      path.join(home, 'ledger.db'),
      'this is no database, but it is long enough to look like one'.repeat(40),
    );
    rmSync(path.join(models, 'encoders/small/model_int8.onnx'));
    writeFileSync(path.join(models, 'deltas/banking77/calibration.json'), '{}');
    const { code, ok, checks, problems, names } = await doctor({ home, models });
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(names).toEqual(['ledger', 'model files', 'model files', 'calibration banking77', 'small int8']);
    expect(problems.every(({ fix }) => fix !== undefined && fix !== '')).toBe(true);
    expect(checks.find(({ name }) => name === 'nano q4')?.state).toBe('ok');
  },
);

it('says that the largest models are left out when memory is short', { timeout: SEVERAL_LOADS_MS }, async () => {
  const { code, checks } = await doctor({ home: temporaryFolder() }, '--memory', '64MiB');
  expect(code).toBe(0);
  expect(checks.find(({ name }) => name === 'base int8')).toMatchObject({ state: 'warning' });
});

it('names one reason once when the configuration cannot be read', async () => {
  const home = temporaryFolder();
  writeFileSync(path.join(home, 'terrace.config.json'), '{"home": 7}');
  const { code, checks, problems } = await doctor({ home, cwd: home });
  expect(code).toBe(1);
  expect(problems).toMatchObject([{ name: 'settings', found: expect.stringContaining('at home') }]);
  expect(checks.find(({ name }) => name === 'ledger')).toMatchObject({
    state: 'warning',
    found: expect.stringContaining('settings'),
  });
});

it('names the field of a catalog that is wrong', async () => {
  const home = temporaryFolder();
  const models = copyOfModels();
  writeFileSync(path.join(models, 'catalog.json'), '{"format": 2}');
  const { code, problems } = await doctor({ home, models });
  expect(code).toBe(1);
  expect(problems).toMatchObject([{ name: 'models', found: expect.stringContaining('format') }]);
});

it('prints the fix under what it found', { timeout: SEVERAL_LOADS_MS }, async () => {
  const home = temporaryFolder();
  writeFileSync(path.join(home, 'ledger.db'), 'this is no database, but it is long enough to look like one'.repeat(40));
  const { stdout } = await terrace(['doctor'], { home });
  expect(stdout).toMatch(/problem {2}ledger .*\n\s+-> Run `terrace doctor --fix`/);
});

it('repairs what it can with --fix, says what it did, and ends with 0', { timeout: SEVERAL_LOADS_MS }, async () => {
  const home = temporaryFolder();
  const text = 'this is no database, but it is long enough to look like one'.repeat(40);
  writeFileSync(path.join(home, 'ledger.db'), text);
  writeFileSync(path.join(home, 'device.json'), '{"half":');
  mkdirSync(path.join(home, 'models'));
  writeFileSync(path.join(home, 'models', 'catalog.json'), '');
  const { code, checks } = await doctor({ home }, '--fix');
  expect(code).toBe(0);
  const fixed = checks.filter(({ state }) => state === 'fixed');
  expect(fixed.map(({ name }) => name)).toEqual(['ledger', 'ledger', 'device.json', 'added models']);
  expect(fixed.every(({ fix }) => fix !== undefined && fix !== '')).toBe(true);
  const aside = readdirSync(home).filter((name) => name.startsWith('ledger.corrupt-') && name.endsWith('.db'));
  expect(aside.map((name) => readFileSync(path.join(home, name), 'utf8'))).toEqual([text]);
  const { stdout } = await terrace(['doctor'], { home });
  expect(stdout).toContain('0 warnings, 0 problems');
});

it(
  'names an added delta whose file is damaged, and how to replace or remove it',
  { timeout: SEVERAL_LOADS_MS },
  async () => {
    const home = temporaryFolder();
    await terrace(['models', 'add', path.join(SHIPPED, 'deltas/banking77/nano')], { home });
    replaceFile(path.join(home, 'models/deltas/banking77/nano'), 'head.safetensors', flipByte);
    const { code, problems } = await doctor({ home }, '--fix');
    expect(code).toBe(1);
    expect(problems).toContainEqual(
      expect.objectContaining({ name: 'model files', fix: expect.stringContaining('models remove banking77/nano') }),
    );
  },
);
