import type { MatMul, Matrix } from '../../ports/mat-mul.js';
import { startsOf } from './attention.js';
import type { EncoderWeights } from './encoder-weights.js';
import { runLayer, type Layer } from './layer.js';
import type { Batch } from './student.js';

export type PackedStates = Pick<Batch, 'states' | 'starts'>;

/** What the frozen layers make of some texts. */
export async function freeze(
  texts: readonly (readonly number[])[],
  { encoder, layers, matMul }: { encoder: EncoderWeights; layers: readonly Layer[]; matMul: MatMul },
): Promise<PackedStates> {
  const starts = startsOf(texts);
  let states = encoder.embed(texts);
  for (const layer of layers) states = (await runLayer(layer, states, { matMul, starts })).output;
  return { states, starts };
}

/**
 * States of all texts, computed once and kept in 16 bits a value: the upper half of a float32, whose rounding is far
 * below that of 8-bit weights.
 */
export class StateStore {
  readonly #values: Uint16Array;
  readonly #starts: readonly number[];
  readonly #columns: number;

  constructor(texts: readonly { readonly length: number }[], columns: number) {
    this.#starts = startsOf(texts);
    this.#columns = columns;
    this.#values = new Uint16Array(this.#starts.at(-1)! * columns);
  }

  static bytesFor(tokens: number, columns: number): number {
    return 2 * tokens * columns;
  }

  /** @param states [tokens of the texts from `first` on, columns] */
  set(first: number, { data }: Matrix): void {
    const halves = new Uint16Array(data.buffer, data.byteOffset, 2 * data.length);
    const at = this.#starts[first]! * this.#columns;
    // Little-endian, as every host here is: the upper half comes second. The lower one's first bit rounds it.
    for (let i = 0; i < data.length; i++) this.#values[at + i] = halves[2 * i + 1]! + (halves[2 * i]! >> 15);
  }

  /** States of these texts, in this order. */
  get(texts: readonly number[]): PackedStates {
    const starts = startsOf(texts.map((text) => ({ length: this.#starts[text + 1]! - this.#starts[text]! })));
    const rows = starts.at(-1)!;
    const bits = new Uint32Array(rows * this.#columns);
    let at = 0;
    for (const text of texts) {
      const end = this.#starts[text + 1]! * this.#columns;
      for (let i = this.#starts[text]! * this.#columns; i < end; i++) bits[at++] = this.#values[i]! << 16;
    }
    return { states: { rows, columns: this.#columns, data: new Float32Array(bits.buffer) }, starts };
  }
}
