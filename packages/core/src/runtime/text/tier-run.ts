import type { Clock } from '../../ports/clock.js';
import type { TextEnd, TextPiece, TextUsage } from '../../tasks/text-generation/text-output.js';
import { tokensOfBytes } from '../../catalog/question-tokens.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import type { TextAsk, TextRun, TextSource, TextSpent } from '../../text/text-source.js';
import { PieceReader, type ReadPieces } from './piece-reader.js';

/** One run of one tier: what it has written so far, and what it took. */
export class TierRun {
  readonly rung: RatedTextTier;
  readonly ask: TextAsk;
  /** Of each choice, in order. */
  readonly pieces: TextPiece[][];
  /** Of all choices, as they came. */
  readonly inOrder: TextPiece[] = [];
  end: TextEnd | undefined;
  readonly #run: TextRun;
  readonly #reader: PieceReader;
  readonly #clock: Clock;
  readonly #fromMs: number;
  readonly #over = new AbortController();
  readonly #leave: () => void;
  readonly #textBytes: number;
  readonly #tokens: number[];
  #firstMs: number | undefined;
  #lastMs: number;

  constructor({
    rung,
    source,
    ask,
    textBytes,
    clock,
    signal,
  }: {
    rung: RatedTextTier;
    source: TextSource;
    ask: TextAsk;
    /** Of the chat, from which its tokens are guessed where nobody has counted them. */
    textBytes: number;
    clock: Clock;
    signal: AbortSignal | undefined;
  }) {
    this.rung = rung;
    this.ask = ask;
    this.pieces = Array.from({ length: ask.generation.n }, () => []);
    this.#tokens = this.pieces.map(() => 0);
    this.#clock = clock;
    this.#textBytes = textBytes;
    this.#fromMs = this.#lastMs = clock.nowMs();
    const forward = (): void => this.#over.abort(signal?.reason);
    signal?.addEventListener('abort', forward, { once: true });
    this.#leave = () => signal?.removeEventListener('abort', forward);
    this.#run = source.run(ask, this.#over.signal);
    this.#reader = new PieceReader(this.#run.pieces, { clock, signal: this.#over.signal });
  }

  /** @returns `late` when nothing came until then; @throws what the tier fails with */
  async next(untilMs: number): Promise<ReadPieces | 'late'> {
    const read = await this.#reader.next(untilMs);
    if (read === 'late') return read;
    this.#lastMs = this.#clock.nowMs();
    if (read.done) this.end = read.value;
    else {
      this.inOrder.push(...read.value);
      for (const piece of read.value) {
        this.pieces[piece.choice]?.push(piece);
        this.#tokens[piece.choice]! += tokensOf(piece);
      }
      if (this.#firstMs === undefined && read.value.length > 0) this.#firstMs = this.#lastMs;
    }
    return read;
  }

  /** Ends it for real, and at once. Nothing happens where it is over. */
  close(): void {
    this.#leave();
    if (this.end) return;
    this.#reader.close();
    this.#over.abort();
  }

  spent(): TextSpent {
    return this.#run.spent();
  }

  /** When the first token came, on the clock's steady scale; undefined before that. */
  get firstAtMs(): number | undefined {
    return this.#firstMs;
  }

  /** From the call to the first token. */
  firstTokenMs(): number | undefined {
    return this.#firstMs === undefined ? undefined : this.#firstMs - this.#fromMs;
  }

  durationMs(): number {
    return this.#lastMs - this.#fromMs;
  }

  /** Written so far, of all choices or one. */
  tokens(choice?: number): number {
    return choice === undefined ? this.#tokens.reduce((sum, count) => sum + count, 0) : (this.#tokens[choice] ?? 0);
  }

  text(choice: number): string {
    return (this.pieces[choice] ?? []).map(({ text }) => text).join('');
  }

  /** As it was counted; of a run that did not come to its end, as far as is known. */
  usage(): TextUsage {
    if (this.end) return this.end.usage;
    if (this.#firstMs === undefined) return { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
    return { inputTokens: tokensOfBytes(this.#textBytes), cachedTokens: 0, outputTokens: this.tokens() };
  }

  /** After the first token; undefined where there are too few to tell. */
  tokensPerSecond(): number | undefined {
    const { end } = this;
    const tokens = (end ? end.usage.outputTokens : this.tokens()) - 1;
    // What the reader took its time for is no property of the tier.
    const decodeMs = end?.timings?.decodeMs ?? this.#lastMs - (this.#firstMs ?? this.#lastMs);
    return tokens > 0 && decodeMs > 0 ? (tokens / decodeMs) * 1000 : undefined;
  }
}

/** Where nobody gives log-probabilities, a piece is one token as far as is known. */
export const tokensOf = ({ logProbs, text }: TextPiece): number => logProbs.length || (text === '' ? 0 : 1);
