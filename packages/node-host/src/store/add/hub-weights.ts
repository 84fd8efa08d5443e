import { InvalidRequestError, type Variant } from '@terrace/core';

type Dtype = Variant['dtype'];

/** File names that exporters give the weights of each type; the first one that is there is taken. */
const NAMES: Readonly<Record<Dtype, readonly string[]>> = {
  fp32: ['model.onnx'],
  fp16: ['model_fp16.onnx'],
  int8: ['model_quantized.onnx', 'model_int8.onnx', 'model_uint8.onnx'],
  q4: ['model_q4.onnx'],
  q4f16: ['model_q4f16.onnx'],
};

export interface HubWeights {
  readonly files: readonly { readonly dtype: Dtype; readonly name: string }[];
  /** ONNX files that are left behind. */
  readonly skipped: readonly string[];
}

/** Weights beside a graph that is too large for one file, or was not made one. */
const EXTERNAL = /\.onnx[._]data(_\d+)?$/;

/**
 * Which files of a folder are weights, by their names.
 * @throws InvalidRequestError when none is, or when those of every type lie in a second file
 */
export function chooseHubWeights(names: readonly string[]): HubWeights {
  const external = names.filter((name) => EXTERNAL.test(name));
  const whole = names.filter((name) => !external.some((data) => data.replace(EXTERNAL, '.onnx') === name));
  const files = Object.entries(NAMES).flatMap(([dtype, known]) => {
    const name = known.find((each) => whole.includes(each));
    return name === undefined ? [] : [{ dtype: dtype as Dtype, name }];
  });
  if (files.length === 0 && external.length > 0) {
    throw new InvalidRequestError({
      message: `The weights of this model lie beside its graph, in ${external[0]}; one file is read.`,
      hint: 'Save the model with its weights inside (onnx.save_model with save_as_external_data=False).',
      facts: { file: external[0]! },
    });
  }
  if (files.length === 0) {
    throw new InvalidRequestError({
      message: 'There are no ONNX weights in the folder.',
      hint: `Put one of these under onnx/: ${Object.values(NAMES).flat().join(', ')}.`,
    });
  }
  const taken = new Set(files.map(({ name }) => name));
  return { files, skipped: names.filter((name) => name.endsWith('.onnx') && !taken.has(name)) };
}
