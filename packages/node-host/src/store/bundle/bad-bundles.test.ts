import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { canonicalJson, MAX_MANIFEST_BYTES, type BundleManifest } from '@terrace/core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSigner, signAs } from '../../trust/signing.js';
import { archiveOf, partsOf, type Part } from './testing/tar-parts.js';
import { clock, twoParties } from './testing/two-parties.js';

const { folders: parties, bundle, trustPublisher, refusal } = twoParties();

function changed(file: string, change: (parts: Part[]) => readonly Part[]): string {
  writeFileSync(file, archiveOf(change(partsOf(readFileSync(file)))));
  return file;
}

/** Another manifest under a good signature: what a trusted publisher with bad intentions can do. */
async function resigned(file: string, change: (manifest: BundleManifest) => void): Promise<string> {
  const [head, , ...rest] = partsOf(readFileSync(file));
  const manifest = JSON.parse(head!.content.toString()) as BundleManifest;
  change(manifest);
  const content = Buffer.from(JSON.stringify(manifest));
  const sha256 = createHash('sha256').update(content).digest('hex');
  const signer = await openSigner({ home: parties.publisher, name: undefined, clock });
  const signed = await signAs(signer, { kind: 'bundle', subject: 'bundle', sha256 });
  const seal = Buffer.from(`${canonicalJson({ format: 1, sha256, signed })}\n`);
  const parts = [{ name: 'bundle.json', content }, { name: 'bundle.sig.json', content: seal }, ...rest];
  writeFileSync(file, archiveOf(parts));
  return file;
}

describe('a bad bundle is refused, and nothing of it is installed:', () => {
  let file: string;
  beforeEach(async () => {
    await trustPublisher();
    file = await bundle();
  });
  const WEIGHTS = 'models/tiny/model.onnx';
  const swapped = (change: (part: Part) => Part): string =>
    changed(file, (parts) => parts.map((part) => (part.name === WEIGHTS ? change(part) : part)));

  it.each<[string, (part: Part) => Part]>([
    ['a "../" name', (part) => ({ ...part, name: '../../evil' })],
    ['an absolute name', (part) => ({ ...part, name: '/etc/evil' })],
    ['a symbolic link', ({ name }) => ({ name, type: '2', link: '/etc/passwd', content: Buffer.alloc(0) })],
    ['a hard link', ({ name }) => ({ name, type: '1', link: 'models/tiny/model.json', content: Buffer.alloc(0) })],
    ['a device', ({ name }) => ({ name, type: '3', content: Buffer.alloc(0) })],
    ['an extended header', () => ({ name: 'PaxHeader', type: 'x', content: Buffer.from('22 path=../../../evil\n') })],
    ['other bytes of the same size', (part) => ({ ...part, content: Buffer.alloc(part.content.length, 7) })],
    ['another size', (part) => ({ ...part, content: part.content.subarray(1) })],
  ])('%s', async (_, change) => {
    expect(await refusal(swapped(change))).toMatchObject({ code: 'BUNDLE_INVALID' });
    expect(existsSync(path.join(parties.device, 'evil'))).toBe(false);
  });

  it.each<[string, (parts: Part[]) => readonly Part[]]>([
    ['an extra file', (parts) => [...parts, { name: 'models/tiny/extra', content: Buffer.from('x') }]],
    [
      'an extra file before the end',
      (parts) => parts.toSpliced(3, 0, { name: 'models/tiny/a', content: Buffer.from('x') }),
    ],
    ['a missing file', (parts) => parts.filter(({ name }) => name !== WEIGHTS)],
    ['a file twice', (parts) => parts.flatMap((part) => (part.name === WEIGHTS ? [part, part] : [part]))],
    ['two files in another order', (parts) => [...parts.slice(0, -2), parts.at(-1)!, parts.at(-2)!]],
    ['no manifest', (parts) => parts.slice(1)],
    ['no signature file', (parts) => parts.toSpliced(1, 1)],
  ])('%s', async (_, change) => {
    expect(await refusal(changed(file, change))).toMatchObject({ code: 'BUNDLE_INVALID' });
  });

  it.each<[string, (manifest: BundleManifest) => void]>([
    ['a "../" name in a manifest under a good signature', ({ files }) => void (files[0]!.path = 'models/../../evil')],
    ['an absolute name in a manifest', ({ files }) => void (files[0]!.path = '/models/tiny/evil')],
    ['a file twice in a manifest', ({ files }) => void files.push(files[0]!)],
    [
      'names that differ by case alone',
      ({ files }) => void files.push({ ...files[0]!, path: files[0]!.path.toUpperCase() }),
    ],
    ['a stray file in a manifest', ({ files }) => void files.push({ ...files[0]!, path: 'models/other/model.json' })],
    [
      'a manifest that lacks a file of its catalog',
      ({ files }) =>
        void files.splice(
          files.findIndex(({ path: name }) => name === WEIGHTS),
          1,
        ),
    ],
    ['a catalog that was changed', ({ catalog }) => void (catalog.models[0]!.publisher = 'Somebody else')],
    [
      'more files than allowed',
      ({ files }) =>
        void files.push(...Array.from({ length: 10_000 }, (_, i) => ({ ...files[0]!, path: `models/tiny/${i}` }))),
    ],
  ])('%s', async (_, change) => {
    expect(await refusal(await resigned(file, change))).toMatchObject({ code: 'BUNDLE_INVALID' });
  });

  it('an oversized manifest', async () => {
    const content = Buffer.alloc(MAX_MANIFEST_BYTES + 1, 32);
    const bad = changed(file, (parts) => [{ name: 'bundle.json', content }, ...parts.slice(1)]);
    expect(await refusal(bad)).toMatchObject({ code: 'BUNDLE_INVALID', message: expect.stringContaining('at most') });
  });

  it.each([
    ['not a tar at all', Buffer.alloc(4096, 'x')],
    ['a page of HTML', Buffer.from('<!doctype html>'.padEnd(2048, ' '))],
    ['an empty file', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(4096)],
  ])('%s', async (_, content) => {
    writeFileSync(file, content);
    expect(await refusal(file)).toMatchObject({ code: 'BUNDLE_INVALID' });
  });

  it('something after the end', async () => {
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(512)]));
    expect(await refusal(file)).toMatchObject({ message: expect.stringContaining('follows its end') });
  });

  it('no file, or a folder', async () => {
    expect(await refusal(`${file}.missing`)).toMatchObject({ code: 'INVALID_REQUEST' });
    mkdirSync(`${file}.folder`);
    expect(await refusal(`${file}.folder`)).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('a truncated file, wherever it ends', async () => {
    const whole = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (bytes) => {
        writeFileSync(file, whole.subarray(0, bytes));
        expect(await refusal(file)).toMatchObject({ code: 'BUNDLE_INVALID' });
      }),
      { numRuns: 40 },
    );
  });

  it.each([true, false])('a flipped byte, wherever it is (signed: %s)', async (sign) => {
    file = await bundle({ sign });
    const whole = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (index, mask) => {
        const bad = Buffer.from(whole);
        bad[index]! ^= mask;
        writeFileSync(file, bad);
        await refusal(file, { allowUnsigned: !sign });
      }),
      { numRuns: 150 },
    );
  });
});
