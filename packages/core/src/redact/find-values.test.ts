import fc from 'fast-check';
import { expect, it } from 'vitest';
import { valueFinder } from './find-values.js';

const letters = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength });

it('covers exactly what a search for each value covers', () => {
  fc.assert(
    fc.property(fc.array(letters(4), { maxLength: 6 }), letters(40), (values, text) => {
      const wanted = new Set<number>();
      for (const value of values) {
        for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
          for (let index = at; index < at + value.length; index += 1) wanted.add(index);
        }
      }
      const covered = new Set<number>();
      for (const { start, end } of valueFinder(new Map(values.map((value) => [value, 'x'])))(text)) {
        expect(values).toContain(text.slice(start, end));
        for (let index = start; index < end; index += 1) covered.add(index);
      }
      expect(covered).toEqual(wanted);
    }),
  );
});
