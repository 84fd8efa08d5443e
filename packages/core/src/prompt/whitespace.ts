/** Of Markdown: three or more of these begin a block of code, and as many end it. */
const FENCE = /^\s*(`{3,}|~{3,})/;
/** A block of code in Markdown, or text that somebody has laid out. */
const INDENTED = /^(?: {4}|\t)/;
const BLANKS = /[^\S\n]{2,}/g;

/**
 * A text with one blank where there were several and one empty line where there were several, none at its ends. Lines of
 * code stay as they are: those in fences and `<pre>`, indented ones and, as for blanks, those with inline code. Linear.
 */
export function squeezeWhitespace(text: string): string {
  const kept: string[] = [];
  let wasEmpty = true;
  for (const { line, isCode } of linesOf(text)) {
    if (isCode) {
      kept.push(line);
      wasEmpty = false;
      continue;
    }
    const short = squeezeLine(line);
    if (short === '' && wasEmpty) continue;
    kept.push(short);
    wasEmpty = short === '';
  }
  if (wasEmpty && kept.length > 0) kept.pop();
  return kept.join('\n');
}

function squeezeLine(line: string): string {
  const trimmed = line.trimEnd();
  if (INDENTED.test(trimmed) || trimmed.includes('`')) return trimmed;
  // What it is indented by says what it belongs to.
  const words = trimmed.trimStart();
  return trimmed.slice(0, trimmed.length - words.length) + words.replace(BLANKS, ' ');
}

export interface Line {
  readonly line: string;
  /** Within a fence or `<pre>`, the marks themselves included. One that is not closed goes on to the end. */
  readonly isCode: boolean;
}

const EMPTY: Line = { line: '', isCode: false };
const EMPTY_IN_CODE: Line = { line: '', isCode: true };

export function* linesOf(text: string): Generator<Line> {
  let fence: string | undefined;
  let isPre: boolean = false;
  for (const line of text.split('\n')) {
    if (line === '') {
      yield fence !== undefined || isPre ? EMPTY_IN_CODE : EMPTY;
      continue;
    }
    const mark = isPre ? undefined : FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      const closes = mark?.startsWith(fence) === true && line.trim() === mark;
      if (closes) fence = undefined;
      yield { line, isCode: true };
    } else if (mark !== undefined) {
      fence = mark;
      yield { line, isCode: true };
    } else {
      const small: string = isPre || line.includes('<') ? line.toLowerCase() : '';
      const wasPre = isPre;
      const opens = small.lastIndexOf('<pre');
      if (opens !== -1 || isPre) isPre = small.lastIndexOf('</pre') <= opens;
      yield { line, isCode: wasPre || opens !== -1 };
    }
  }
}
