import { describe, expect, it } from 'vitest';
import { DeltaMismatchError } from '../errors/delta-mismatch-error.js';
import { deltaInputs, plainInputs } from './delta-inputs.js';
import type { StoredTensor } from './safetensors.js';

const shape = { interface: 'terrace', layers: 3, hidden: 4, features: 2 } as const;
const RANK = 2;
const LABELS = 3;

/** Counts up from `from`, so that every value names its place. */
const counted = (dims: readonly number[], from = 0): StoredTensor => ({
  shape: dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => from + i),
});
const head = new Map([
  ['head.weight', counted([LABELS, shape.features])],
  ['head.bias', counted([LABELS], 100)],
]);
const factor = (layer: number, module: string, side: 'A' | 'B'): string =>
  `base_model.model.encoder.layer.${layer}.${module}.lora_${side}.weight`;
const adapterOf = (entries: readonly (readonly [string, StoredTensor])[]) => new Map(entries);
const inputsWith = (
  adapter: ReadonlyMap<string, StoredTensor> | undefined,
  changes: Partial<Parameters<typeof deltaInputs>[0]> = {},
) => deltaInputs({ shape, rank: RANK, labelCount: LABELS, head, adapter, ...changes });

describe('deltaInputs', () => {
  it('turns the head from [labels, features] to [features, labels]', () => {
    const { head_w, head_b } = inputsWith(undefined);
    expect(head_w).toEqual({ type: 'float32', data: Float32Array.of(0, 2, 4, 1, 3, 5), dims: [2, 3] });
    expect(head_b).toEqual({ type: 'float32', data: Float32Array.of(100, 101, 102), dims: [3] });
  });

  it('puts each factor, transposed, at its layer and site, and zeros elsewhere', () => {
    const sites = ['attention.self.query', 'attention.self.key', 'attention.self.value', 'attention.output.dense'];
    for (const [site, module] of sites.entries()) {
      const a = counted([RANK, shape.hidden], 1);
      const b = counted([shape.hidden, RANK], 51);
      const { lora_a, lora_b } = inputsWith(
        adapterOf([
          [factor(1, module, 'A'), a],
          [factor(1, module, 'B'), b],
        ]),
      );
      expect(lora_a!.dims).toEqual([3, 4, 4, 2]);
      expect(lora_b!.dims).toEqual([3, 4, 2, 4]);
      const size = RANK * shape.hidden;
      const at = (4 + site) * size;
      expect(Array.from(lora_a!.data as Float32Array).slice(at, at + size)).toEqual([1, 5, 2, 6, 3, 7, 4, 8]);
      expect(Array.from(lora_b!.data as Float32Array).slice(at, at + size)).toEqual([51, 53, 55, 57, 52, 54, 56, 58]);
      expect((lora_a!.data as Float32Array).filter((value) => value !== 0)).toHaveLength(size);
    }
  });

  it('multiplies with the scale once, and pads factors of a lower rank', () => {
    const a = counted([1, shape.hidden], 1);
    const b = counted([shape.hidden, 1], 11);
    const entries = [
      [factor(0, 'attention.self.query', 'B'), b],
      [factor(0, 'attention.self.query', 'A'), a],
    ] as const;
    const { lora_a, lora_b } = inputsWith(adapterOf(entries), { scale: 0.5 });
    expect(Array.from(lora_a!.data as Float32Array).slice(0, 8)).toEqual([1, 0, 2, 0, 3, 0, 4, 0]);
    expect(Array.from(lora_b!.data as Float32Array).slice(0, 8)).toEqual([5.5, 6, 6.5, 7, 0, 0, 0, 0]);
    expect(inputsWith(adapterOf(entries), { scale: undefined })['lora_b']!.data[0]).toBe(11);
  });

  it.each([
    ['without its partner', [[factor(0, 'attention.self.key', 'A'), counted([RANK, shape.hidden])]], 'lora_B'],
    ['without its partner, the other way', [[factor(0, 'attention.self.key', 'B'), counted([4, RANK])]], 'lora_A'],
    [
      'of another rank than its partner',
      [
        [factor(0, 'attention.self.key', 'A'), counted([1, shape.hidden])],
        [factor(0, 'attention.self.key', 'B'), counted([shape.hidden, RANK])],
      ],
      'lora_B',
    ],
  ] as const)('refuses a factor %s, by name', (_, entries, side) => {
    expect(() => inputsWith(adapterOf(entries))).toThrow(new RegExp(`key.${side}.weight" is`));
  });

  it('feeds a model without layers its head only', () => {
    expect(Object.keys(inputsWith(undefined, { shape: { ...shape, layers: 0 }, rank: 0 }))).toEqual([
      'head_w',
      'head_b',
    ]);
  });

  it('feeds rank 0 where a delta brings no factors', () => {
    expect(inputsWith(undefined)['lora_a']!.dims).toEqual([3, 4, 4, 0]);
  });

  it('feeds rank 1 of zeros instead where a provider takes no empty tensors, and the factors as they are', () => {
    const { lora_a, lora_b } = inputsWith(undefined, { emptyRank: 1 });
    expect(lora_a).toEqual({ type: 'float32', data: new Float32Array(48), dims: [3, 4, 4, 1] });
    expect(lora_b).toEqual({ type: 'float32', data: new Float32Array(48), dims: [3, 4, 1, 4] });
    expect(plainInputs(shape, 1)).toMatchObject({ lora_a, lora_b });
    expect(inputsWith(new Map(), { emptyRank: 1 })['lora_a']!.dims).toEqual([3, 4, 4, RANK]);
  });

  it.each([
    ['a head of other features', { shape: { ...shape, features: 5 } }],
    ['a head of other labels', { labelCount: 4 }],
    ['a head without bias', { head: new Map([['head.weight', counted([LABELS, shape.features])]]) }],
    ['a head that is turned', { head: new Map([...head, ['head.weight', counted([shape.features, LABELS])]]) }],
    ['no head', { head: new Map<string, StoredTensor>() }],
  ])('refuses %s', (_, changes) => {
    expect(() => inputsWith(undefined, changes)).toThrow(DeltaMismatchError);
  });

  it.each([
    ['a layer the base does not have', factor(3, 'attention.self.query', 'A'), [RANK, shape.hidden]],
    [
      'a layer beyond counting',
      factor(0, 'x', 'A').replace('layer.0', `layer.${'9'.repeat(30)}`),
      [RANK, shape.hidden],
    ],
    ['a site that takes no factors', factor(0, 'intermediate.dense', 'A'), [RANK, shape.hidden]],
    ['a name that is none', 'lora_A', [RANK, shape.hidden]],
    ['a name that would be read for hours', 'layer.0.'.repeat(400_000), [RANK, shape.hidden]],
    ['a name that is inherited', 'layer.0.constructor.lora_A.weight', [RANK, shape.hidden]],
    ['another rank', factor(0, 'attention.self.key', 'A'), [RANK + 1, shape.hidden]],
    ['another width', factor(0, 'attention.self.key', 'B'), [shape.hidden + 1, RANK]],
    ['a factor that is turned', factor(0, 'attention.self.key', 'B'), [RANK, shape.hidden]],
  ])('refuses %s', (_, name, dims) => {
    expect(() => inputsWith(adapterOf([[name, counted(dims)]]))).toThrow(DeltaMismatchError);
  });

  it('says which tensor is wrong and how', () => {
    const wrong = adapterOf([[factor(0, 'attention.self.key', 'A'), counted([9, 9])]]);
    expect(() => inputsWith(wrong)).toThrow(/lora_A.weight" is \[9, 9\]; \[2, 4\] was expected/);
  });
});

describe('plainInputs', () => {
  it('is rank 0 and a head of one label', () => {
    const { head_w, head_b, lora_a, lora_b } = plainInputs(shape);
    expect([head_w, head_b, lora_a, lora_b].map((each) => each!.dims)).toEqual([
      [2, 1],
      [1],
      [3, 4, 4, 0],
      [3, 4, 0, 4],
    ]);
  });
});
