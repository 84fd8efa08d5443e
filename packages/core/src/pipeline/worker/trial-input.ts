import type { PipelineInput } from '../../ports/pipeline-engine.js';
import type { LibraryPipeline } from './transformers-library.js';

const SIDE = 224;
const SAMPLE_RATE = 16_000;
const MIDDLE_GREY = 128;

/** Something of its kind that any model should take: whether a pipeline runs at all shows only when it runs. */
export function trialInput(
  kind: PipelineInput['kind'],
  { task, pipeline }: { readonly task: string; readonly pipeline: LibraryPipeline },
): PipelineInput {
  switch (kind) {
    case 'text':
      return task === 'question-answering'
        ? { kind: 'text', text: 'Where is it?', context: 'It is here.' }
        : { kind: 'text', text: 'This is a test.' };
    case 'image':
    case 'pixels': {
      const size = pipeline.processor?.image_processor?.size ?? {};
      const width = size['width'] ?? size['shortest_edge'] ?? SIDE;
      const height = size['height'] ?? size['shortest_edge'] ?? SIDE;
      const data = new Uint8ClampedArray(width * height * 3).fill(MIDDLE_GREY);
      return { kind: 'pixels', data, width, height, channels: 3 };
    }
    case 'audio': {
      const sampleRate = pipeline.processor?.feature_extractor?.config?.sampling_rate ?? SAMPLE_RATE;
      return { kind: 'audio', samples: new Float32Array(sampleRate), sampleRate };
    }
    default:
      return kind satisfies never;
  }
}
