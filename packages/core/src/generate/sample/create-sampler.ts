import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import type { Random } from '../../ports/random.js';
import { Candidates } from './candidates.js';
import { REACH } from './falling-exp.js';
import { largestLogit, largestLogits, logSumExp } from './logit-statistics.js';
import { forbidOthers, gatherNear, tokenAt, weightOfAll, type Spread } from './spread.js';
import type { Sampled, Sampler, SamplerSettings } from './sampler.js';

/**
 * How far below the likeliest token, in temperatures, those are looked for that top-k and top-p leave. To look once more
 * is cheaper than to choose among many.
 */
const REACHES = [3, 5, 7, 9, 12, 16, REACH];

/**
 * Repetition penalty, bias, mask, temperature, top-k, top-p, draw: in this order, as transformers does.
 * @param vocabulary tokens that are text or control; logits behind them are padding of the output layer
 */
export function createSampler(settings: SamplerSettings, vocabulary: number, random: Random): Sampler {
  return new LogitSampler(settings, vocabulary, random);
}

class LogitSampler implements Sampler {
  readonly #settings: SamplerSettings;
  readonly #vocabulary: number;
  readonly #random: Random;
  readonly #bias: readonly (readonly [token: number, bias: number])[];
  readonly #seen = new Set<number>();
  /** Only where something is left out: they are as many as the vocabulary has tokens. */
  readonly #candidates: Candidates | undefined;
  /** What penalty and bias wrote over, as the log-probability is that of the model itself. */
  readonly #raw = new Map<number, number>();

  constructor(settings: SamplerSettings, vocabulary: number, random: Random) {
    this.#settings = settings;
    this.#vocabulary = vocabulary;
    this.#random = random;
    this.#bias = Object.entries(settings.logitBias)
      .map(([token, bias]) => [Number(token), bias] as const)
      .filter(([token]) => Number.isInteger(token) && token >= 0 && token < vocabulary);
    const { temperature, topK, topP } = settings;
    this.#candidates = temperature > 0 && (topK > 0 || topP < 1) ? new Candidates(vocabulary) : undefined;
  }

  saw(token: number): void {
    if (this.#settings.repetitionPenalty !== 1 && token >= 0 && token < this.#vocabulary) this.#seen.add(token);
  }

  next(
    logits: Float32Array,
    mask: Int32Array | undefined,
    narrowed?: (token: number) => Int32Array | undefined,
  ): Sampled {
    const vocabulary = Math.min(this.#vocabulary, logits.length);
    const largest = largestLogit(logits, vocabulary);
    const logSum = logSumExp(logits, vocabulary, largest);
    const { topLogProbs = 0 } = this.#settings;
    const top =
      topLogProbs === 0
        ? NONE
        : largestLogits(logits, vocabulary, topLogProbs).map((token) => ({ token, logProb: logits[token]! - logSum }));
    const isChanged = this.#change(logits);
    let token = this.#choose(logits, vocabulary, mask, mask || isChanged ? undefined : { largest, logSum });
    const narrow = narrowed?.(token);
    if (narrow) token = this.#choose(logits, vocabulary, narrow, undefined);
    const logProb = (this.#raw.get(token) ?? logits[token]!) - logSum;
    return { token, logProb, top };
  }

  /** @returns whether anything was written */
  #change(logits: Float32Array): boolean {
    this.#raw.clear();
    if (this.#seen.size === 0 && this.#bias.length === 0) return false;
    const write = (token: number, value: number): void => {
      if (!this.#raw.has(token)) this.#raw.set(token, logits[token]!);
      logits[token] = value;
    };
    const { repetitionPenalty } = this.#settings;
    for (const token of this.#seen) {
      const logit = logits[token]!;
      write(token, logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty);
    }
    for (const [token, bias] of this.#bias) write(token, logits[token]! + bias);
    return true;
  }

  /** @param known of logits that are as the model gave them */
  #choose(
    logits: Float32Array,
    vocabulary: number,
    mask: Int32Array | undefined,
    known: { readonly largest: number; readonly logSum: number } | undefined,
  ): number {
    const likeliest = mask
      ? likeliestAllowed(logits, vocabulary, mask)
      : logits.indexOf(known?.largest ?? largestLogit(logits, vocabulary));
    if (likeliest < 0) throw noneLeft();
    const { temperature, topK, topP } = this.#settings;
    // Where all that may come is impossible to the model, nothing can be drawn by weight.
    if (temperature === 0 || logits[likeliest] === -Infinity) return likeliest;
    if (mask) forbidOthers(logits, vocabulary, mask);
    const spread: Spread = { logits, vocabulary, likeliest, temperature };
    const candidates = this.#candidates;
    if (candidates && topK > 0) {
      for (const reach of REACHES) if (gatherNear(candidates, spread, reach).count >= topK) break;
      candidates.keepHeaviest(topK, Infinity);
      if (topP < 1) candidates.keepHeaviest(Infinity, topP * candidates.sum);
      return candidates.pick(this.#random());
    }
    // Weights are relative to the likeliest token's: without temperature and change their sum is known.
    const isKnown = known && temperature === 1;
    const whole = isKnown ? Math.exp(known.logSum - known.largest) : weightOfAll(spread);
    if (!candidates) return tokenAt(spread, this.#random() * whole);
    for (const reach of REACHES) if (gatherNear(candidates, spread, reach).sum >= topP * whole) break;
    candidates.keepHeaviest(Infinity, topP * whole);
    return candidates.pick(this.#random());
  }
}

const NONE: Sampled['top'] = [];

/** @returns -1 when the mask leaves none */
function likeliestAllowed(logits: Float32Array, vocabulary: number, mask: Int32Array): number {
  let best = -1;
  let largest = -Infinity;
  const words = Math.min(mask.length, (vocabulary + 31) >> 5);
  for (let word = 0; word < words; word++) {
    // Most words of most masks are empty.
    for (let bits = mask[word]!; bits !== 0; bits &= bits - 1) {
      const token = (word << 5) + (31 - Math.clz32(bits & -bits));
      if (token >= vocabulary) break;
      const logit = logits[token]!;
      if (logit > largest || best < 0) {
        best = token;
        largest = logit;
      }
    }
  }
  return best;
}

const noneLeft = (): StructureUnmetError =>
  new StructureUnmetError({
    message: 'The format leaves no token that could come next.',
    hint: 'Ask for a format that the model can write, or for text.',
    facts: { reason: 'no token is left' },
  });
