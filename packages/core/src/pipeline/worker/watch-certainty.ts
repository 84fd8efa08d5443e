import {
  isTensor,
  type LibraryPipeline,
  type LibraryTensor,
  type TransformersLibrary,
} from './transformers-library.js';

/** Takes down how sure a model is of each token while the library hears or writes, which tells the text alone. */
export interface CertaintyWatch {
  /** Stands behind the input of every run. */
  readonly options: Readonly<Record<string, unknown>>;
  start(): void;
  /** @returns the geometric mean of what was seen since the start; undefined where nothing was */
  end(): number | undefined;
}

/**
 * Of models that name a token a frame (CTC), and of those that write token by token. A frame in which nothing is said
 * is certain and says nothing of the words, so it does not count.
 */
export function watchCertainty(pipeline: LibraryPipeline, library: TransformersLibrary): CertaintyWatch {
  let logProbs: number[] = [];
  const blank = pipeline.tokenizer?.pad_token_id;

  pipeline.model = new Proxy(pipeline.model, {
    async apply(target, _, args) {
      const outputs: unknown = await (target as (...args: unknown[]) => Promise<unknown>)(...(args as unknown[]));
      const logits = (outputs as { readonly logits?: unknown } | undefined)?.logits;
      if (isTensor(logits) && logits.dims.length === 3) logProbs.push(...framesOf(logits, blank));
      return outputs;
    },
  });

  const recorder = new (class extends library.LogitsProcessor {
    _call(_ids: unknown, logits: readonly LibraryTensor[]): unknown {
      const row = logits[0]?.data;
      if (row) logProbs.push(likeliest(row, 0, row.length).logProb);
      return logits;
    }
  })();

  return {
    get options() {
      const processors = new library.LogitsProcessorList();
      processors.push(recorder);
      return { logits_processor: processors };
    },
    start() {
      logProbs = [];
    },
    end() {
      const seen = logProbs.filter(Number.isFinite);
      if (seen.length === 0) return undefined;
      return Math.exp(seen.reduce((sum, each) => sum + each, 0) / seen.length);
    },
  };
}

function framesOf({ data, dims }: LibraryTensor, blank: number | undefined): number[] {
  const width = dims.at(-1)!;
  const found: number[] = [];
  for (let at = 0; at + width <= data.length; at += width) {
    const { id, logProb } = likeliest(data, at, width);
    if (id !== blank) found.push(logProb);
  }
  return found;
}

function likeliest(logits: ArrayLike<number>, start: number, width: number): { id: number; logProb: number } {
  let id = 0;
  for (let i = 1; i < width; i++) if (logits[start + i]! > logits[start + id]!) id = i;
  const max = logits[start + id]!;
  let sum = 0;
  for (let i = 0; i < width; i++) sum += Math.exp(logits[start + i]! - max);
  return { id, logProb: -Math.log(sum) };
}
