import { describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../format/encode-safetensors.js';
import type { StoredTensor } from '../safetensors.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { exportPeft } from './export-peft.js';
import { importPeft } from './import-peft.js';

const HIDDEN = 8;
const shape = { layers: 3, hidden: HIDDEN };
const random = seededRandom(7);
const tensor = (rows: number, columns: number): StoredTensor => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, () => random() - 0.5),
});
const plain = { peft_type: 'LORA', r: 4, lora_alpha: 8, bias: 'none', target_modules: ['query', 'value'] };
const prefix = 'base_model.model.encoder.layer';

/** Factors of these modules, `layer.path` each, with a rank. */
const factorsOf = (modules: Readonly<Record<string, number>>): Map<string, StoredTensor> =>
  new Map(
    Object.entries(modules).flatMap(([module, rank]) => [
      [`${prefix}.${module}.lora_A.weight`, tensor(rank, HIDDEN)],
      [`${prefix}.${module}.lora_B.weight`, tensor(HIDDEN, rank)],
    ]),
  );
const fileOf = (tensors: ReadonlyMap<string, StoredTensor>) => encodeSafetensors(tensors, { dtype: 'F32' });
const sound = () => factorsOf({ '1.attention.self.query': 4, '2.attention.output.dense': 4 });
const take = (config: unknown, tensors = sound()) => importPeft({ config, adapter: fileOf(tensors), shape });

describe('importPeft', () => {
  it('reads rank, scale and layers', () => {
    expect(take(plain)).toEqual({ rank: 4, scale: 2, layers: [1, 2] });
  });

  it('divides by the root of the rank with rsLoRA', () => {
    expect(take({ ...plain, use_rslora: true }).scale).toBe(4);
  });

  it('takes what is wrapped in another model, whatever its fields say of modules', () => {
    const wrapped = new Map([...sound()].map(([name, value]) => [name.replace('encoder', 'bert.encoder'), value]));
    expect(take({ ...plain, target_modules: '.*query' }, wrapped).layers).toEqual([1, 2]);
  });

  it('takes several ranks where alpha follows them, and refuses several scales', () => {
    const tensors = factorsOf({ '0.attention.self.key': 2, '1.attention.self.query': 4 });
    const patterns = { rank_pattern: { key: 2 }, alpha_pattern: { 'self.key': 4 } };
    expect(take({ ...plain, ...patterns }, tensors)).toEqual({ rank: 4, scale: 2, layers: [0, 1] });
    expect(() => take({ ...plain, rank_pattern: { key: 2 } }, tensors)).toThrow('rank_pattern');
    expect(() => take({ ...plain, alpha_pattern: { '(a+)+$': 1 } })).toThrow('alpha_pattern');
  });

  it.each([
    [{ peft_type: 'IA3' }, 'IA3'],
    [{ bias: 'all' }, 'bias'],
    [{ use_dora: true }, 'use_dora'],
    [{ use_qalora: true }, 'use_qalora'],
    [{ lora_bias: true }, 'lora_bias'],
    [{ fan_in_fan_out: true }, 'fan_in_fan_out'],
    [{ modules_to_save: ['classifier'] }, 'modules_to_save'],
    [{ layer_replication: [[0, 1]] }, 'layer_replication'],
    [{ trainable_token_indices: [1] }, 'trainable_token_indices'],
    [{ init_lora_weights: 'pissa_niter_4' }, 'pissa'],
  ])('refuses %j by name', (fields, named) => {
    expect(() => take({ ...plain, ...fields })).toThrow(named);
  });

  it.each([
    `${prefix}.1.intermediate.dense.lora_A.weight`,
    `${prefix}.1.output.dense.lora_A.weight`,
    `${prefix}.1.attention.self.query.lora_magnitude_vector`,
    `${prefix}.1.attention.self.query.lora_B.bias`,
    'base_model.model.embeddings.word_embeddings.lora_embedding_A',
    'base_model.model.classifier.weight',
  ])('refuses the tensor %s by name', (name) => {
    expect(() => take(plain, new Map([...sound(), [name, tensor(4, HIDDEN)]]))).toThrow(name);
  });

  it('refuses what does not fit the base', () => {
    const deep = factorsOf({ '3.attention.self.query': 4 });
    expect(() => take(plain, deep)).toThrow('layer 3');
    const wide = new Map([...sound(), [`${prefix}.1.attention.self.query.lora_A.weight`, tensor(4, HIDDEN + 1)]]);
    expect(() => take(plain, wide)).toThrow('[4, 9]');
    const half = new Map([...sound()].slice(1));
    expect(() => take(plain, half)).toThrow('no partner');
    expect(() => take(plain, new Map())).toThrow('no factors');
    const twice = new Map(
      [...sound(), ...factorsOf({ '1.attention.self.query': 4 })].map(([name, value]) => [name, value]),
    );
    for (const [name, value] of sound()) twice.set(name.replace('encoder', 'x.encoder'), value);
    expect(() => take(plain, twice)).toThrow('both adapt one matrix');
  });

  it.each([null, 'LORA', [], { lora_alpha: 0 }, { lora_alpha: 'x' }, { alpha_pattern: { query: -1 } }])(
    'refuses the config %j',
    (config) => {
      expect(() => take(config)).toThrow(/adapter_config\.json|peft_type/);
    },
  );

  it('refuses bytes that are no safetensors file', () => {
    expect(() => importPeft({ config: plain, adapter: new Uint8Array(40), shape })).toThrow();
  });
});

describe('exportPeft', () => {
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const manifest = { id: 'd', rank: 4, scale: 2 };

  it('gives an adapter that PEFT can read as it came', () => {
    const files = new Map([
      ['adapter_model.safetensors', fileOf(sound())],
      ['adapter_config.json', text(plain)],
      ['delta.json', text({})],
    ]);
    expect(exportPeft({ manifest, files })).toEqual(files);
  });

  it('widens 8-bit factors, and writes a config that says the same', () => {
    const tensors = factorsOf({ '0.attention.self.key': 2, '1.attention.self.query': 4 });
    const files = new Map([
      ['adapter_model.safetensors', encodeSafetensors(tensors, { dtype: 'int8' })],
      ['adapter_config.json', text(plain)],
      ['head.safetensors', text('head')],
    ]);
    for (const dtype of [undefined, 'F32', 'F16'] as const) {
      const written = exportPeft({ manifest, files, dtype });
      const adapter = written.get('adapter_model.safetensors')!;
      const header = new TextDecoder().decode(
        adapter.subarray(8, 8 + Number(new DataView(adapter.buffer).getBigUint64(0, true))),
      );
      expect(header).toContain(dtype ?? 'F32');
      expect(header).not.toContain('I8');
      const config = JSON.parse(new TextDecoder().decode(written.get('adapter_config.json'))) as Record<
        string,
        unknown
      >;
      expect(importPeft({ config, adapter, shape })).toEqual({ rank: 4, scale: 2, layers: [0, 1] });
      expect(config).toMatchObject({
        r: 4,
        lora_alpha: 8,
        target_modules: ['key', 'query'],
        layers_to_transform: [0, 1],
      });
      expect(written.get('head.safetensors')).toBe(files.get('head.safetensors'));
    }
  });

  it('has nothing to write of a head alone', () => {
    expect(() => exportPeft({ manifest, files: new Map() })).toThrow('head alone');
  });
});
