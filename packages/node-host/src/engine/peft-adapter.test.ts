import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineDelta, LocatedFile } from '@terrace/core';
import { encodeSafetensors, exportPeft, importPeft } from '@terrace/core/deltas';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeEngine } from './node-engine.js';
import { BUILT_WORKER, shippedModel } from './testing/shipped-model.js';

/** Written by PEFT 0.21: random factors of rank 6 and alpha 12 on the last three layers of `base`. */
const folder = fileURLToPath(new URL('../../../../test/fixtures/peft-lora/', import.meta.url));
const bytesOf = (name: string) => new Uint8Array(readFileSync(path.join(folder, name)));
const config = JSON.parse(readFileSync(path.join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as {
  readonly texts: readonly string[];
  readonly embeddingsWithout: readonly (readonly number[])[];
  readonly embeddingsWith: readonly (readonly number[])[];
};
const base = { layers: 6, hidden: 384 };

function onDisk(location: string): LocatedFile {
  const bytes = readFileSync(location);
  return { location, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The adapter with a head of one label that nobody reads. */
function adapterAsDelta(): EngineDelta {
  const scratch = mkdtempSync(path.join(tmpdir(), 'peft-'));
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  const head = path.join(scratch, 'head.safetensors');
  const zeros = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)) });
  writeFileSync(
    head,
    encodeSafetensors(
      new Map([
        ['head.weight', zeros(1, 384)],
        ['head.bias', zeros(1)],
      ]),
      { dtype: 'F32' },
    ),
  );
  const { rank, scale } = importPeft({ config, adapter: bytesOf('adapter_model.safetensors'), shape: base });
  const adapter = onDisk(path.join(folder, 'adapter_model.safetensors'));
  return { deltaId: 'peft', rank, scale, labelCount: 1, head: onDisk(head), adapter };
}

const cosine = (a: ArrayLike<number>, b: readonly number[]): number =>
  b.reduce((sum, value, i) => sum + value * a[i]!, 0);

describe('an adapter written by PEFT', () => {
  it('is read with its rank, its scale and its layers, and leaves byte for byte', () => {
    const adapter = bytesOf('adapter_model.safetensors');
    expect(importPeft({ config, adapter, shape: base })).toEqual({ rank: 6, scale: 2, layers: [3, 4, 5] });
    const files = new Map([
      ['adapter_model.safetensors', adapter],
      ['adapter_config.json', bytesOf('adapter_config.json')],
    ]);
    const written = exportPeft({ manifest: { id: 'peft', rank: 6, scale: 2 }, files });
    expect(written.get('adapter_model.safetensors')).toEqual(adapter);
    expect(written.get('adapter_config.json')).toEqual(bytesOf('adapter_config.json'));
  });

  it('has the fields that an exported config has', () => {
    const adapter = bytesOf('adapter_model.safetensors');
    const files = new Map([['adapter_model.safetensors', adapter]]);
    const written = exportPeft({ manifest: { id: 'peft', rank: 6, scale: 2 }, files });
    const own = JSON.parse(new TextDecoder().decode(written.get('adapter_config.json'))) as typeof config;
    const { target_modules: targets, ...rest } = own;
    const { target_modules: theirs, ...others } = config;
    expect(rest).toEqual(others);
    expect([...(targets as string[])].toSorted()).toEqual([...(theirs as string[])].toSorted());
  });

  it.each([
    ['q4', 0.999],
    ['int8', 0.985],
  ] as const)('gives the embeddings that PyTorch gave, through %s', async (dtype, least) => {
    const engine = createNodeEngine({ workerUrl: BUILT_WORKER });
    onTestFinished(() => engine.close());
    const { model } = await shippedModel('base', dtype, 4);
    const session = await engine.load(model);
    await session.attach(adapterAsDelta());
    for (const [deltaId, vectors] of [
      [undefined, expected.embeddingsWithout],
      ['peft', expected.embeddingsWith],
    ] as const) {
      for (const [i, text] of expected.texts.entries()) {
        const { values } = await session.run({ task: 'feature-extraction', text, deltaId });
        expect(cosine(values, vectors[i]!)).toBeGreaterThan(least);
      }
    }
  });
});
