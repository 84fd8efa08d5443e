import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startVictim } from './support/kill-at-random.js';
import { COMMAND, SHIPPED, temporaryFolder, terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';

const LONG_MS = 60_000;

/** Two kinds of requests to a workshop. */
const PARTS = ['brake pads', 'a fuel pump', 'spark plugs', 'an oil filter', 'wiper blades', 'a timing belt'];
const row = (text: string, label: string): string => JSON.stringify({ text, label });
const ROWS = PARTS.flatMap((part) => [
  row(`do you have ${part} in stock`, 'availability'),
  row(`how many of ${part} are left`, 'availability'),
  row(`are there any ${part} in the warehouse`, 'availability'),
  row(`when will my order of ${part} arrive`, 'delivery'),
  row(`where is the parcel with ${part}`, 'delivery'),
  row(`track the shipment of ${part}`, 'delivery'),
]);

function fileOf(content: string, name = 'rows.jsonl'): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

describe('a domain that is taught, asked, and taken back', () => {
  it('answers from the rows it was taught by, and not at all after the rollback', { timeout: LONG_MS }, async () => {
    const home = temporaryHome();
    const data = fileOf(ROWS.join('\n'));
    const fit = ['delta', 'fit', '--data', data, '--domain', 'parts', '--base', 'nano', '--keep-examples'];
    const fitted = await terrace(fit, { home });
    expect(fitted).toMatchObject({ code: 0, stderr: '' });
    expect(fitted.stdout).toContain('promoted: better than nothing');
    const asked = await terrace(['run', 'when does my order arrive', '--domain', 'parts', '--json'], { home });
    expect(asked.json()).toMatchObject({ output: { label: 'delivery' } });
    const again = await terrace([...fit, '--json'], { home });
    const { revision, promoted, inForce } = again.json<{
      revision: { id: string };
      promoted: boolean;
      inForce: string;
    }>();
    expect({ promoted, inForce }).toEqual({ promoted: false, inForce: revision.id });
    expect((await terrace(['delta', 'verify', 'parts'], { home })).code).toBe(0);
    expect((await terrace(['delta', 'rollback', 'parts'], { home })).stdout).toContain(
      'nothing answers parts any more',
    );
    expect((await terrace(['run', 'when does my order arrive', '--domain', 'parts'], { home })).code).toBe(2);
    const promote = ['delta', 'promote', 'parts', revision.id.slice(0, 8)];
    expect((await terrace(promote, { home })).code).toBe(0);
    expect(statSync(path.join(home, 'lessons.db')).mode & 0o077).toBe(0);
    expect((await terrace(['learn', 'forget', '--all'], { home })).stdout).toContain(`forgot ${ROWS.length} texts`);
    expect(existsSync(path.join(home, 'features'))).toBe(false);
  });

  it('stops at the first interrupt and leaves nothing half', { timeout: LONG_MS }, async () => {
    const home = temporaryHome();
    const many = Array.from({ length: 400 }, (_, i) => row(`request ${i} for part number ${i * 7}`, `kind-${i % 4}`));
    const args = [COMMAND, 'delta', 'fit', '--data', fileOf(many.join('\n')), '--domain', 'parts', '--home', home];
    const victim = startVictim({ args, env: { TERRACE_MODELS_FOLDER: SHIPPED } });
    // The engine is at work once the ledger is there.
    while (!existsSync(path.join(home, 'ledger.db'))) await new Promise((resolve) => setTimeout(resolve, 20));
    victim.child.kill('SIGINT');
    expect(await victim.ended).toBe(130);
    expect(existsSync(path.join(home, 'models'))).toBe(false);
    const left = existsSync(path.join(home, 'revisions'))
      ? readdirSync(path.join(home, 'revisions'), { recursive: true })
      : [];
    expect(left.filter((name) => name !== '.incoming')).toEqual([]);
  });
});

it('says of what was fitted on lessons whether it answers now', { timeout: LONG_MS }, async () => {
  const home = temporaryHome();
  const corrected = ROWS.map((line) => line.replaceAll('availability', 'stock'));
  const fit = ['delta', 'fit', '--domain', 'parts', '--base', 'nano', '--data'];
  await terrace([...fit, fileOf(ROWS.slice(0, 12).join('\n'))], { home });
  await terrace([...fit, fileOf(corrected.join('\n')), '--keep-examples', '--no-promote'], { home });
  const { stdout } = await terrace(['learn', 'run'], { home });
  const [, id, does] = /revision (\w+)(?: (goes on )?answer(?:s|ing) parts|;)/.exec(stdout) ?? [];
  const listed = await terrace(['delta', 'list', 'parts', '--json'], { home });
  const [{ inForce }] = listed.json<[{ inForce: string }]>();
  expect({ stdout, does, isInForce: inForce.startsWith(id!) }).toMatchObject({
    isInForce: !stdout.includes('kept as revision'),
  });
});

it('says how what was detached comes back, where the same was left after something else before', async () => {
  const home = temporaryHome();
  const attach = async (variant: number): Promise<string> => {
    const folder = path.join(temporaryFolder(), 'delta');
    cpSync(path.join(SHIPPED, 'deltas/clinc150/nano'), folder, { recursive: true });
    const manifest = path.join(folder, 'delta.json');
    writeFileSync(manifest, `${readFileSync(manifest, 'utf8')}${'\n'.repeat(variant)}`);
    return (await terrace(['delta', 'attach', folder, '--json'], { home })).json<{ revision: string }>().revision;
  };
  const detach = async () => (await terrace(['delta', 'detach', 'clinc150'], { home })).stdout;
  await attach(1);
  expect(await detach()).toContain('`terrace delta rollback clinc150` attaches what was there');
  const second = await attach(2);
  expect(await detach()).toContain(`\`terrace delta promote clinc150 ${second.slice(0, 12)}\` attaches what was there`);
});

describe('what cannot be', () => {
  it.each<[string, string, string]>([
    ['two rows', ROWS.slice(0, 2).join('\n'), 'too few'],
    ['one label', ROWS.filter((line) => line.includes('delivery')).join('\n'), 'label'],
    ['a label with a line break', [...ROWS, row('what is this', 'two\nlines')].join('\n'), 'Line 37'],
    ['a line that is no JSON', [...ROWS, 'no json'].join('\n'), 'Line 37'],
    ['nothing', '', 'no rows'],
  ])('is refused: %s', { timeout: LONG_MS }, async (_, content, said) => {
    const fit = ['delta', 'fit', '--data', fileOf(content), '--domain', 'parts', '--json'];
    const { code, json } = await terrace(fit, { home: temporaryHome() });
    const { error } = json<{ error: { code: string; message: string } }>();
    expect({ code, kind: error.code }).toEqual({ code: 2, kind: 'INVALID_DATA' });
    expect(error.message).toContain(said);
  });

  it('is told by file and line where it has to be clean', { timeout: LONG_MS }, async () => {
    const more = fileOf([row('do you have any bulbs', 'stock'), ROWS[0]].join('\n'), 'more.jsonl');
    const fit = ['delta', 'fit', '--data', fileOf(ROWS.join('\n')), more, '--domain', 'parts', '--base', 'nano'];
    const { code, stdout, stderr } = await terrace([...fit, '--strict'], { home: temporaryHome() });
    expect({ code, refused: stderr.includes('The data is not clean') }).toEqual({ code: 2, refused: true });
    expect(stdout).toMatch(/repeated rows: 1\n  lines \S+rows\.jsonl:1, \S+more\.jsonl:2: availability/);
  });

  it.each<[string, (folder: string) => void, string]>([
    ['a head that was cut short', (folder) => cut(path.join(folder, 'head.safetensors')), 'ARTIFACT_CORRUPT'],
    ['a header longer than the file', (folder) => lengthen(path.join(folder, 'head.safetensors')), 'ARTIFACT_CORRUPT'],
    ['numbers that are none', (folder) => spoil(path.join(folder, 'head.safetensors')), 'ARTIFACT_CORRUPT'],
    ['a delta for another base', (folder) => rebase(path.join(folder, 'delta.json')), 'DELTA_MISMATCH'],
    [
      'a signature that is none',
      (folder) => writeFileSync(path.join(folder, 'delta.sig.json'), '{}'),
      'INVALID_CATALOG',
    ],
  ])('is not attached: %s', { timeout: LONG_MS }, async (_, damage, kind) => {
    const folder = path.join(temporaryFolder(), 'delta');
    cpSync(path.join(SHIPPED, 'deltas/clinc150/nano'), folder, { recursive: true });
    writeFileSync(path.join(folder, 'delta.json'), `${readFileSync(path.join(folder, 'delta.json'), 'utf8')}\n`);
    damage(folder);
    const home = temporaryHome();
    const { code, json } = await terrace(['delta', 'attach', folder, '--json'], { home });
    expect({ code: code !== 0, kind: json<{ error: { code: string } }>().error.code }).toEqual({ code: true, kind });
    expect((await terrace(['delta', 'verify', 'clinc150'], { home })).code).toBe(0);
  });
});

function cut(file: string): void {
  writeFileSync(file, readFileSync(file).subarray(0, 5000));
}

function lengthen(file: string): void {
  const content = readFileSync(file);
  content.writeBigUInt64LE(BigInt(content.length * 2));
  writeFileSync(file, content);
}

/** The last number of 16 bits becomes infinite. */
function spoil(file: string): void {
  const content = readFileSync(file);
  content.writeUInt16LE(0x7c00, content.length - 2);
  writeFileSync(file, content);
}

function rebase(file: string): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { base: { files: object } };
  writeFileSync(file, JSON.stringify({ ...manifest, base: { ...manifest.base, files: { q4: 'f'.repeat(64) } } }));
}
