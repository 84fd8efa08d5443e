/**
 * Signs that no reader sees and a model reads: controls, halves of surrogate pairs, marks that turn the direction of
 * writing, tags that spell hidden text. Tabs and line ends stay.
 */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** A text as it may be embedded, shown and quoted: every sign that is not seen is a space. Line ends are `\n`. */
export const plainText = (text: string): string => text.replace(/\r\n?/g, '\n').replace(UNSEEN, ' ');

/** On one line, cut to so many characters. */
export const oneLine = (text: string, most: number): string =>
  plainText(text.slice(0, 4 * most))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, most);
