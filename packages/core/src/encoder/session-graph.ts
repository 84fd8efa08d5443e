import type { EngineError } from '../errors/engine-error.js';
import { MAX_PADDING } from '../tasks/batch-groups.js';
import type { EncoderGraph } from './encoder-host.js';

/** A session of ONNX Runtime, which is the same for all hosts in so far as it is used here. */
interface OrtSession<Tensor> {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly { readonly name: string; readonly shape?: readonly (number | string)[] }[];
  run(feeds: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

/**
 * A session as a graph that an encoder runs.
 * @param failed what a run that failed is told with
 */
export function sessionGraph<Tensor extends { readonly data: unknown; readonly dims: readonly number[] }>(
  session: OrtSession<Tensor>,
  {
    failed,
    ...own
  }: Pick<EncoderGraph<Tensor>, 'emptyRank' | 'toTensor' | 'letGo'> & {
    readonly failed: (cause: unknown) => EngineError;
  },
): EncoderGraph<Tensor> {
  const { inputNames, outputNames } = session;
  return {
    ...own,
    inputNames,
    outputNames,
    // Without a mask padding would be read as text.
    maxPadding: hasOpenBatch(session) && inputNames.includes('attention_mask') ? MAX_PADDING : 0,
    async run(feeds, output) {
      try {
        const { data, dims } = (await session.run(feeds, [output]))[output]!;
        return { data: data as Float32Array, dims };
      } catch (cause) {
        throw failed(cause);
      }
    },
    release: () => session.release(),
  };
}

/** An open dimension has a name in place of a number. */
function hasOpenBatch({ inputMetadata }: Pick<OrtSession<unknown>, 'inputMetadata'>): boolean {
  const ids = inputMetadata.find(({ name }) => name === 'input_ids');
  return typeof ids?.shape?.[0] === 'string';
}
