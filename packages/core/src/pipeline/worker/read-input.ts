import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { PipelineInput } from '../../ports/pipeline-engine.js';
import type { LibraryPipeline, TransformersLibrary } from './transformers-library.js';

export interface InputReading {
  readonly library: TransformersLibrary;
  readonly pipeline: LibraryPipeline;
  /** @returns an image of the library */
  readonly decodeImage: (bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>;
}

/**
 * What the library is given for an input. Never a text where it takes media: it would fetch that as an address, or read
 * it as a path.
 * @throws InvalidRequestError for what is no image, or sound of another rate
 */
export async function readInput(
  input: PipelineInput,
  { library, pipeline, decodeImage }: InputReading,
): Promise<readonly unknown[]> {
  switch (input.kind) {
    case 'text':
      return input.context === undefined ? [input.text] : [input.text, input.context];
    case 'pixels': {
      const { data, width, height, channels } = input;
      return [new library.RawImage(Uint8ClampedArray.from(data), width, height, channels)];
    }
    case 'image':
      return [await decode(input.bytes, decodeImage)];
    case 'audio': {
      const wanted = pipeline.processor?.feature_extractor?.config?.sampling_rate;
      if (wanted !== undefined && wanted !== input.sampleRate) throw otherRate(input.sampleRate, wanted);
      return [input.samples];
    }
    default:
      return input satisfies never;
  }
}

async function decode(bytes: Uint8Array, decodeImage: InputReading['decodeImage']): Promise<unknown> {
  try {
    return await decodeImage(Uint8Array.from(bytes));
  } catch (cause) {
    throw new InvalidRequestError({
      message: 'The image cannot be decoded.',
      hint: 'Send a whole PNG, JPEG or WebP file.',
      facts: { bytes: bytes.length },
      cause,
    });
  }
}

function otherRate(sampleRate: number, wanted: number): InvalidRequestError {
  return new InvalidRequestError({
    message: `The sound has ${sampleRate} samples a second; this model hears ${wanted}.`,
    hint: `Record or resample it at ${wanted} Hz; browsers do so in an AudioContext with that sampleRate.`,
    facts: { sampleRate, wanted },
  });
}
