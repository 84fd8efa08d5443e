import { linesOf } from './whitespace.js';

/** Shorter passages are said again because somebody means it. */
const LEAST_CHARACTERS = 80;
/** Of mails that are quoted: the same words stand behind them. */
const QUOTE = /^[\s>|]+/;

/** A text of a chat, in its order. */
export interface Passages {
  readonly text: string;
  /** Whether passages of it may go; one that may not is where they still stand. */
  readonly mayLose: boolean;
}

/**
 * Texts without passages that stand word for word in a later text, or in one that may not lose any: at least 80 characters
 * of whole lines, quote marks in front of them not counted, code left alone. The last place keeps them, so that what older
 * turns lose is still in the chat. Linear: of equal lines only the one that was seen last is looked at.
 */
export function withoutRepeated(texts: readonly Passages[]): string[] {
  const kept = texts.map(({ text }) => text);
  const seen = new SeenLines();
  // What stays whole is seen first, wherever it stands.
  for (const { text, mayLose } of texts) if (!mayLose) seen.add(lineKeys(text));
  for (let at = texts.length - 1; at >= 0; at--) {
    const { text, mayLose } = texts[at]!;
    if (!mayLose) continue;
    const keys = lineKeys(text);
    const gone = seen.repeated(keys);
    if (gone.size > 0) kept[at] = withoutLines(text, gone);
    seen.add(keys.filter((_, line) => !gone.has(line)));
  }
  return kept;
}

/** Of each line, its words; undefined of code, which is no passage. */
type Key = string | undefined;

const lineKeys = (text: string): Key[] =>
  Array.from(linesOf(text), ({ line, isCode }) => (isCode ? undefined : line.replace(QUOTE, '').trimEnd()));

/** Without a gap where several empty lines met. */
function withoutLines(text: string, gone: ReadonlySet<number>): string {
  const kept: string[] = [];
  let isGap = false;
  for (const [at, line] of text.split('\n').entries()) {
    if (gone.has(at)) isGap = true;
    else if (!isGap || line.trim() !== '' || (kept.length > 0 && kept.at(-1)!.trim() !== '')) {
      kept.push(line);
      isGap = false;
    }
  }
  return kept.join('\n').trimEnd();
}

class SeenLines {
  readonly #lines: Key[] = [];
  readonly #lastAt = new Map<string, number>();

  add(keys: readonly Key[]): void {
    for (const key of keys) {
      if (key) this.#lastAt.set(key, this.#lines.length);
      this.#lines.push(key);
    }
    // No passage goes from one text on into the next.
    this.#lines.push(undefined);
  }

  /** @returns indexes of lines */
  repeated(keys: readonly Key[]): Set<number> {
    const gone = new Set<number>();
    for (let from = 0; from < keys.length;) {
      const key = keys[from];
      const place = key ? this.#lastAt.get(key) : undefined;
      const end = place === undefined ? from : this.#endOfRun(keys, from, place);
      if (end > from) for (let line = from; line < end; line++) gone.add(line);
      from = Math.max(end, from + 1);
    }
    return gone;
  }

  /** Behind the last line of a passage that is long enough; `from` where there is none. */
  #endOfRun(keys: readonly Key[], from: number, place: number): number {
    let characters = 0;
    let end = from;
    for (let at = from; at < keys.length; at++) {
      const key = keys[at];
      if (key === undefined || key !== this.#lines[place + at - from]) break;
      characters += key.length;
      if (key !== '') end = at + 1;
    }
    return characters >= LEAST_CHARACTERS ? end : from;
  }
}
