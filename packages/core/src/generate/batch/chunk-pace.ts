/** Who writes waits for a chunk of somebody else's prompt no longer than for so many tokens of its own, where that is cheap. */
const MOST_DELAY_TOKENS = 4;

/**
 * How much of a prompt is read in one run. Whole chunks take least time together; while others write, halves are read
 * where a whole one would hold them up for long: in Node that takes 11 % more time for the prompt, and a quarter 43 %.
 */
export class ChunkPace {
  readonly #chunkTokens: number;
  #promptTokenMs = 0;
  /** Of all rows together. */
  #answerTokenMs = Infinity;

  /** @param chunkTokens most in one run */
  constructor(chunkTokens: number) {
    this.#chunkTokens = chunkTokens;
  }

  tokens(isAnyoneWriting: boolean): number {
    const wholeMs = this.#promptTokenMs * this.#chunkTokens;
    const isLong = wholeMs > MOST_DELAY_TOKENS * this.#answerTokenMs;
    return isAnyoneWriting && isLong ? Math.ceil(this.#chunkTokens / 2) : this.#chunkTokens;
  }

  /** Short ones say little of long ones: most of their time is that of any run. */
  sawChunk(tokens: number, runMs: number): void {
    if (tokens * 2 >= this.#chunkTokens) this.#promptTokenMs = runMs / tokens;
  }

  sawAnswers(runMs: number): void {
    this.#answerTokenMs = runMs;
  }
}
