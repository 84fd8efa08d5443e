import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { PipelineInput } from '../ports/pipeline-engine.js';
import type { PipelineReader } from './readers/pipeline-reader.js';

const MAX_TEXT = 1 << 20;
const MAX_IMAGE_BYTES = 1 << 26;
const MAX_PIXELS = 1 << 26;
/** Ten minutes at 48 kHz. */
const MAX_SAMPLES = 48_000 * 600;
const CHANNELS = [1, 3, 4];

/** @throws InvalidRequestError for an input that is not what it says, or too large to be taken in */
export function checkInput(
  input: PipelineInput,
  reader: Pick<PipelineReader, 'takes' | 'takesContext'> | undefined,
): void {
  const kind: unknown = (input as { readonly kind?: unknown } | undefined)?.kind;
  if (reader && !reader.takes.some((each) => each === kind))
    throw invalid(`is not of the kind ${reader.takes.join(' or ')}`);
  if (reader && input.kind === 'text' && (input.context !== undefined) !== (reader.takesContext === true))
    throw invalid(
      reader.takesContext ? 'has no context to be answered from' : 'has a context, which its task has no use for',
    );
  const why = typeof kind === 'string' ? whyNot(input) : 'is nothing';
  if (why !== undefined) throw invalid(why);
}

function whyNot(input: PipelineInput): string | undefined {
  switch (input.kind) {
    case 'text': {
      const texts = [input.text, input.context ?? ''];
      if (!texts.every((each) => typeof each === 'string')) return 'is no text';
      return texts.some((each) => each.length > MAX_TEXT) ? `is longer than ${MAX_TEXT} characters` : undefined;
    }
    case 'image':
      if (!(input.bytes instanceof Uint8Array)) return 'has no bytes';
      if (input.bytes.length > MAX_IMAGE_BYTES) return `has more than ${MAX_IMAGE_BYTES} bytes`;
      return isImage(input.bytes) ? undefined : 'is no PNG, JPEG or WebP';
    case 'pixels': {
      const { data, width, height, channels } = input;
      const isSized = [width, height].every((each) => Number.isInteger(each) && each > 0);
      if (!isSized || !CHANNELS.includes(channels)) return 'has no size, or not 1, 3 or 4 channels';
      if (width * height > MAX_PIXELS) return `has more than ${MAX_PIXELS} pixels`;
      if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) return 'has no pixels';
      return data.length === width * height * channels ? undefined : 'has fewer or more pixels than its size says';
    }
    case 'audio': {
      const { samples, sampleRate } = input;
      if (!(samples instanceof Float32Array) || samples.length === 0) return 'has no samples';
      if (samples.length > MAX_SAMPLES) return `has more than ${MAX_SAMPLES} samples`;
      if (!(sampleRate > 0)) return 'has no rate';
      return samples.every(Number.isFinite) ? undefined : 'has samples that are no numbers';
    }
    default:
      input satisfies never;
      return 'is of no kind that pipelines take: text, image, pixels or audio';
  }
}

/** By what stands at its beginning: other formats, such as SVG, can name files and addresses. */
function isImage(bytes: Uint8Array): boolean {
  const begins = (at: number, ...expected: readonly number[]): boolean =>
    expected.every((byte, i) => bytes[at + i] === byte);
  const isPng = begins(0, 0x89, 0x50, 0x4e, 0x47);
  const isJpeg = begins(0, 0xff, 0xd8, 0xff);
  const isWebp = begins(0, 0x52, 0x49, 0x46, 0x46) && begins(8, 0x57, 0x45, 0x42, 0x50);
  return isPng || isJpeg || isWebp;
}

function invalid(why: string): InvalidRequestError {
  return new InvalidRequestError({
    message: `The input ${why}.`,
    hint: 'Texts are given as { kind: "text" }, images as { kind: "image" } or { kind: "pixels" }, sound as { kind: "audio" }.',
  });
}
