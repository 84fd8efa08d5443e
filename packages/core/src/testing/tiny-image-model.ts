import { FLOAT, INT64, modelOf, node, shapeOf, tensor } from './onnx-writer.js';

/** A classifier of images in the layout of the Hugging Face hub: files by their paths in its folder. */
export type TinyImageModel = Readonly<Record<string, Uint8Array | string>>;

const LABELS = ['red', 'green', 'blue'];

/**
 * Names the colour that an image is fullest of: `logits = sharpness * mean over pixels`, of values from -1 to 1.
 * @param sharpness 4 is sure of a plain colour, 0.4 of nothing
 */
export function tinyImageModel({ sharpness = 4 } = {}): TinyImageModel {
  const weights = LABELS.flatMap((_, row) => LABELS.map((__, column) => (row === column ? sharpness : 0)));
  const model = modelOf({
    nodes: [
      node('ReduceMean', ['pixel_values', 'axes'], ['means'], { integers: { keepdims: 0 } }),
      node('MatMul', ['means', 'weights'], ['logits']),
    ],
    tensors: [
      tensor('axes', INT64, [2], BigInt64Array.of(2n, 3n)),
      tensor('weights', FLOAT, [3, 3], Float32Array.from(weights)),
    ],
    inputs: [shapeOf('pixel_values', FLOAT, ['batch', 3, 'height', 'width'])],
    outputs: [shapeOf('logits', FLOAT, ['batch', 3])],
  });
  const config = {
    architectures: ['ViTForImageClassification'],
    model_type: 'vit',
    id2label: Object.fromEntries(LABELS.map((label, id) => [id, label])),
    label2id: Object.fromEntries(LABELS.map((label, id) => [label, id])),
  };
  const preprocessor = {
    image_processor_type: 'ViTImageProcessor',
    do_resize: false,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  };
  return {
    'config.json': JSON.stringify(config),
    'preprocessor_config.json': JSON.stringify(preprocessor),
    'onnx/model.onnx': model,
  };
}

/** An image of one colour as a camera gives it. */
export function plainImage(
  [red, green, blue]: readonly [number, number, number],
  { width = 8, height = 8 } = {},
): {
  readonly kind: 'pixels';
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
} {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => [red, green, blue][at % 3]!);
  return { kind: 'pixels', data, width, height, channels: 3 };
}
