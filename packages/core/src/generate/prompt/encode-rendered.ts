import type { AddedToken } from './byte-vocabulary.js';
import type { EncodeText } from './encode-text.js';
import { anyOf } from './spelt-out.js';

/** @param show puts back what was hidden in the texts; it is text, whatever it reads like */
export type EncodeRendered = (rendered: string, show: (text: string) => string) => number[];

/**
 * A rendered chat to ids: control tokens that the template wrote are themselves, the text between two of them is
 * encoded as one, so that nothing is cut where a message begins.
 */
export function createEncodeRendered({
  added,
  controls,
  encodeText,
}: {
  readonly added: readonly AddedToken[];
  readonly controls: readonly AddedToken[];
  readonly encodeText: EncodeText;
}): EncodeRendered {
  const isControl = new Set(controls);
  const byContent = (tokens: readonly AddedToken[]): Map<string, AddedToken> =>
    new Map(tokens.map((token) => [token.content, token]));
  const control = byContent(controls);
  /** Runs of spaces and line ends, say: text as any other, only that the model learnt it as one token. */
  const plain = byContent(added.filter((token) => !isControl.has(token)));
  const controlPattern = splitter([...control.keys()]);
  const plainPattern = splitter([...plain.keys()]);

  return (rendered, show) => {
    const ids: number[] = [];
    const sections = rendered.split(controlPattern).filter((section) => section !== '');
    sections.forEach((section, index) => {
      const token = control.get(section);
      if (token !== undefined) return ids.push(token.id);
      let text = section;
      if (control.get(sections[index - 1] ?? '')?.rstrip) text = text.trimStart();
      if (control.get(sections[index + 1] ?? '')?.lstrip) text = text.trimEnd();
      for (const part of show(text).split(plainPattern)) {
        const known = plain.get(part);
        for (const id of known === undefined ? encodeText(part, index) : [known.id]) ids.push(id);
      }
    });
    return ids;
  };
}

/** Splitting by it keeps what it split at. */
function splitter(texts: readonly string[]): RegExp {
  return new RegExp(`(${anyOf(texts).source})`);
}
