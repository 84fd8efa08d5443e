/** A line of input, or the fact that it was too long to be one. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly tooLong: true };

/** A request line: 64 KiB of text, escaped at worst six-fold, and its frame. */
const MAX_LINE_LENGTH = 512 * 1024;

/** Splits a stream into lines; a longer one than allowed is skipped without being kept. Blank lines are passed over. */
export async function* readLines(
  input: AsyncIterable<Buffer | string>,
  maxLength = MAX_LINE_LENGTH,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = '';
  let overflowed = false;
  let number = 0;
  const finish = (text: string): Line | undefined => {
    number++;
    const tooLong = overflowed || text.length > maxLength;
    overflowed = false;
    if (tooLong) return { number, tooLong: true };
    return text.trim() === '' ? undefined : { number, text };
  };
  for await (const chunk of input) {
    const parts = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const line = finish(part);
      if (line) yield line;
    }
    if (rest.length > maxLength) {
      overflowed = true;
      rest = '';
    }
  }
  if (rest !== '' || overflowed) {
    const line = finish(rest);
    if (line) yield line;
  }
}
