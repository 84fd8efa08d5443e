import { EngineError } from '../../errors/engine-error.js';
import type { TextModel } from '../../ports/text-engine.js';

/** What a graph takes and gives beside ids and logits, by name. */
export interface TextInputs {
  /** Past and present of keys and values, layer by layer. */
  readonly caches: readonly { readonly past: string; readonly present: string }[];
  readonly hasMask: boolean;
  readonly hasPositions: boolean;
  /** Whether it computes the logits of so many last positions only; others compute all. */
  readonly hasLogitsToKeep: boolean;
}

/** What sessions of ONNX Runtime tell of their graph. */
export interface GraphNames {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly (
    | { readonly name: string; readonly isTensor: false }
    | {
        readonly name: string;
        readonly isTensor: true;
        readonly type: string;
        readonly shape: readonly (number | string)[];
      }
  )[];
}

/**
 * Finds the inputs of a causal language model as exporters for transformers.js name them.
 * @throws EngineError that names the input, when the graph is not the one that the catalog describes
 */
export function readInputs(
  { inputNames, inputMetadata, outputNames }: GraphNames,
  { modelId, layers, shape }: Pick<TextModel, 'modelId' | 'layers' | 'shape'>,
): TextInputs {
  const wrong = (what: string): EngineError =>
    new EngineError({
      message: `${modelId} cannot be loaded: ${what}.`,
      hint: 'Check that model.json (kvHeads, headDim, layers) describes this graph.',
      facts: { model: modelId },
    });
  const caches = Array.from({ length: layers }, (_, layer) =>
    ['key', 'value'].map((part) => ({ past: `past_key_values.${layer}.${part}`, present: `present.${layer}.${part}` })),
  ).flat();
  const known = new Set(['input_ids', 'attention_mask', 'position_ids', 'num_logits_to_keep']);
  for (const { past, present } of caches) {
    known.add(past);
    const input = inputMetadata.find(({ name }) => name === past);
    if (!input?.isTensor) throw wrong(`its graph has no input ${past}, and ${layers} layers were announced`);
    if (!outputNames.includes(present)) throw wrong(`its graph has no output ${present}`);
    if (input.type !== 'float32') throw wrong(`${past} is of type ${input.type}; float32 is read here`);
    const [, heads, , headDim] = input.shape;
    if (input.shape.length !== 4 || isOther(heads, shape.kvHeads) || isOther(headDim, shape.headDim)) {
      throw wrong(
        `${past} has the shape [${input.shape.join(', ')}]; ${shape.kvHeads} heads of ${shape.headDim} were announced`,
      );
    }
  }
  const other = inputNames.find((name) => !known.has(name));
  if (other !== undefined) {
    throw wrong(
      other.startsWith('past_key_values.')
        ? `its graph has an input ${other}, and only ${layers} layers were announced`
        : `its graph has an input ${other}, which nobody here knows`,
    );
  }
  for (const name of ['input_ids', 'logits']) {
    if (![...inputNames, ...outputNames].includes(name)) throw wrong(`its graph has no ${name}`);
  }
  return {
    caches,
    hasMask: inputNames.includes('attention_mask'),
    hasPositions: inputNames.includes('position_ids'),
    hasLogitsToKeep: inputNames.includes('num_logits_to_keep'),
  };
}

/** A dimension that the graph names instead of counting may be anything. */
const isOther = (found: number | string | undefined, announced: number): boolean =>
  typeof found === 'number' && found !== announced;
