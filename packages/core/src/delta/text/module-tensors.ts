import type { StoredTensor } from '../safetensors.js';
import type { Module } from './linear-sites.js';
import { doesNotFit } from './does-not-fit.js';

/** What a delta says of one module of one layer: two tensors that go together. */
export interface ModuleTensors {
  readonly layer: number;
  readonly module: Module;
  /** `base_model.model.model.layers.N.self_attn.q_proj`, without what it is of it. */
  readonly name: string;
  readonly first: StoredTensor;
  readonly second: StoredTensor;
}

/** Endings of the two tensors: PEFT's factors, or signs and the number they are multiplied with. */
const PAIRS = {
  lora: ['lora_A.weight', 'lora_B.weight'],
  bitdelta: ['sign', 'magnitude'],
} as const;

const MODULE = /(?:^|\.)layers\.(\d{1,4})\.(?:self_attn|mlp)\.(q|k|v|o|gate|up|down)_proj$/;
const LONGEST = 512;

/**
 * The tensors of a delta by the modules they change.
 * @throws DeltaMismatchError for a tensor that is of no linear layer, or has no partner
 */
export function moduleTensors(kind: keyof typeof PAIRS, tensors: ReadonlyMap<string, StoredTensor>): ModuleTensors[] {
  const [firstEnding, secondEnding] = PAIRS[kind];
  const found: ModuleTensors[] = [];
  for (const [full, tensor] of tensors) {
    const ending = [firstEnding, secondEnding].find((each) => full.endsWith(`.${each}`));
    const name = ending === undefined ? '' : full.slice(0, -ending.length - 1);
    const [, layer, module] = (name.length <= LONGEST && MODULE.exec(name)) || [];
    if (layer === undefined)
      throw doesNotFit(`it changes "${full.slice(0, 160)}", which is no linear layer of a decoder`);
    const partner = tensors.get(`${name}.${ending === firstEnding ? secondEnding : firstEnding}`);
    if (!partner) throw doesNotFit(`"${full}" has no partner`);
    if (ending === secondEnding) continue;
    found.push({ layer: Number(layer), module: module as Module, name, first: tensor, second: partner });
  }
  const places = new Set(found.map(({ layer, module }) => `${layer} ${module}`));
  if (places.size < found.length) throw doesNotFit('two of its modules change one matrix');
  for (const { name, first, second } of found) {
    if (![first, second].every(({ data }) => data.every(Number.isFinite)))
      throw doesNotFit(`"${name}" holds values that are not finite`);
  }
  return found;
}
