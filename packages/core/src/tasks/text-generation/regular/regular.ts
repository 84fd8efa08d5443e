/** Symbols from the first to the last: code points, or bytes. */
export type Range = readonly [number, number];

/** A regular language over code points or bytes. */
export type Regular =
  | { readonly kind: 'set'; readonly ranges: readonly Range[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Regular[] }
  | { readonly kind: 'choice'; readonly options: readonly Regular[] }
  /** `most` may be Infinity. */
  | { readonly kind: 'repeat'; readonly of: Regular; readonly least: number; readonly most: number };

export const sequence = (...parts: readonly Regular[]): Regular => ({ kind: 'sequence', parts });
export const choice = (...options: readonly Regular[]): Regular => ({ kind: 'choice', options });
export const set = (...ranges: readonly Range[]): Regular => ({ kind: 'set', ranges });
export const optional = (of: Regular): Regular => ({ kind: 'repeat', of, least: 0, most: 1 });
export const digits = (least: number, most: number): Regular => ({
  kind: 'repeat',
  of: set([0x30, 0x39]),
  least,
  most,
});
/** Symbol by symbol. */
export const literal = (text: string): Regular =>
  sequence(...[...text].map((character) => set([character.codePointAt(0)!, character.codePointAt(0)!])));

/** Least and most symbols of a text of the language. */
export function lengthsOf(regular: Regular): { readonly least: number; readonly most: number } {
  switch (regular.kind) {
    case 'set':
      return { least: 1, most: 1 };
    case 'sequence':
      return regular.parts
        .map(lengthsOf)
        .reduce((sum, each) => ({ least: sum.least + each.least, most: sum.most + each.most }), { least: 0, most: 0 });
    case 'choice': {
      const each = regular.options.map(lengthsOf);
      return { least: Math.min(...each.map(({ least }) => least)), most: Math.max(...each.map(({ most }) => most)) };
    }
    case 'repeat': {
      const { least, most } = lengthsOf(regular.of);
      return { least: least * regular.least, most: most === 0 ? 0 : most * regular.most };
    }
    default:
      return regular satisfies never;
  }
}
