import type { Generation } from '../../tasks/text-generation/generation.js';
import type { TextPiece } from '../../tasks/text-generation/text-output.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import { uncertainTail } from './handover.js';
import { tokensOf } from './tier-run.js';

/** What whoever reads the steps has seen of an answer: nothing of it is taken back. */
export class ShownAnswer {
  /** Of each choice. */
  readonly texts: string[];
  /** Who wrote it, in order. */
  readonly path: RatedTextTier[] = [];
  /** Of the first choice. */
  tokens = 0;
  /** Behind it, what is shown at the end alone: see `uncertainTail`. */
  readonly #held: string[];
  readonly #stops: readonly string[];

  constructor({ n, stop }: Pick<Generation, 'n' | 'stop'>) {
    this.texts = Array.from({ length: n }, () => '');
    this.#held = [...this.texts];
    this.#stops = stop;
  }

  get isBegun(): boolean {
    return this.path.length > 0;
  }

  /** @returns what is to be shown now */
  add(rung: RatedTextTier, piece: TextPiece): string {
    const { choice } = piece;
    if (!this.path.includes(rung)) this.path.push(rung);
    if (choice === 0) this.tokens += tokensOf(piece);
    const whole = this.#held[choice]! + piece.text;
    const text = whole.slice(0, whole.length - uncertainTail(whole, this.#stops));
    this.#held[choice] = whole.slice(text.length);
    this.texts[choice] += text;
    return text;
  }

  /** Another tier goes on behind what was seen. */
  forgetHeld(): void {
    this.#held.fill('');
  }

  /** Of a choice, with what is held back. */
  whole(choice: number): string {
    return this.texts[choice]! + this.#held[choice]!;
  }

  /** Nobody goes on: what was held back is to be shown as well. */
  rest(): readonly { readonly choice: number; readonly text: string }[] {
    const rest = this.#held.flatMap((text, choice) => (text === '' ? [] : [{ choice, text }]));
    for (const { choice, text } of rest) this.texts[choice] += text;
    this.forgetHeld();
    return rest;
  }
}
