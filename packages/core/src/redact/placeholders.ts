/** No text has more values than this has numbers: 9,999,999. */
const NUMBER = String.raw`[1-9]\d{0,6}`;

/** `employee-id` and 3 give `[EMPLOYEE_ID_3]`. */
export const placeholderOf = (kind: string, number: number): string => `[${labelOf(kind)}_${number}]`;

const labelOf = (kind: string): string => kind.toUpperCase().replaceAll('-', '_');

/** Everything that looks like a placeholder of one of these kinds. */
export const placeholderPattern = (kinds: readonly string[]): RegExp =>
  new RegExp(String.raw`\[(?:${kinds.map(labelOf).join('|')})_${NUMBER}\]`, 'g');

/** Puts values back into an answer that arrives in pieces. */
export interface RestoreStream {
  /** @returns what is certain by now: all but the beginning of a placeholder at the very end */
  push(chunk: string): string;
  /** @returns the rest, when no more will come */
  flush(): string;
}

export interface Restorer {
  restore(answer: string): string;
  /** @param write how a value is written there; as it is by default */
  restoreStream(write?: (value: string) => string): RestoreStream;
}

/** @param values by placeholder */
export function createRestorer(values: ReadonlyMap<string, string>, pattern: RegExp): Restorer {
  const asItIs = (value: string): string => value;
  const restore = (answer: string, write: (value: string) => string = asItIs): string =>
    answer.replace(pattern, (placeholder) => {
      const value = values.get(placeholder);
      return value === undefined ? placeholder : write(value);
    });
  return {
    restore: (answer) => restore(answer),
    restoreStream(write) {
      const beginnings = new Set<string>();
      for (const placeholder of values.keys()) {
        for (let length = 1; length < placeholder.length; length += 1) beginnings.add(placeholder.slice(0, length));
      }
      let held = '';
      return {
        push(chunk) {
          const text = held + chunk;
          // A placeholder has one "[", at its beginning, so only the last one can still become one.
          const opening = text.lastIndexOf('[');
          const cut = opening !== -1 && beginnings.has(text.slice(opening)) ? opening : text.length;
          held = text.slice(cut);
          return restore(text.slice(0, cut), write);
        },
        flush() {
          const rest = held;
          held = '';
          return rest;
        },
      };
    },
  };
}
