import type { DocumentBlock, ReadDocument } from '../read-document.js';
import { decodeText } from './decode-text.js';
import { DocumentText } from './document-text.js';

/** What is used of parse5. */
export interface HtmlParser {
  parse(html: string): HtmlNode;
}

interface HtmlNode {
  readonly nodeName: string;
  readonly value?: string;
  readonly attrs?: readonly { readonly name: string; readonly value: string }[];
  readonly childNodes?: readonly HtmlNode[];
}

/** What nobody reads, or is no text of this page. */
const SKIPPED: ReadonlySet<string> = new Set(
  'script style template noscript iframe object embed svg math canvas audio video select datalist head'.split(' '),
);
const BLOCKS: ReadonlySet<string> = new Set(
  `address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer
  form h1 h2 h3 h4 h5 h6 header hr html legend li listing main menu nav ol p plaintext pre section summary table tbody
  tfoot thead tr ul xmp`.split(/\s+/),
);
const AS_WRITTEN: ReadonlySet<string> = new Set(['pre', 'listing', 'plaintext', 'xmp', 'textarea']);
const HIDDEN = /display\s*:\s*none|visibility\s*:\s*hidden/i;
/** What says how a page is encoded stands at its head. */
const DECLARED_WITHIN = 1024;

/** An HTML page as a reader sees it: without scripts and what is hidden. @throws InvalidDocumentError */
export function readHtml(bytes: Uint8Array, parser: HtmlParser): ReadDocument {
  const head = new TextDecoder('windows-1252').decode(bytes.subarray(0, DECLARED_WITHIN));
  const declared = /<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w:.-]{1,40})/i.exec(head)?.[1];
  const root = parser.parse(decodeText(bytes, declared));
  const document = new DocumentText();
  const line = new Line();
  let style: Style = { kind: 'paragraph', level: undefined };
  let bullet = '';
  const flush = (): void => {
    const text = line.take();
    if (text.trim() === '') return;
    document.add(style.kind, style.kind === 'paragraph' ? bullet + text : text, { level: style.level });
    bullet = '';
  };
  let title: string | undefined;
  // A page may be nested millions deep: what is left to do is a list, not calls within calls.
  const left: (HtmlNode | (() => void))[] = [root];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === 'function') {
      next();
      continue;
    }
    const { nodeName, value, attrs, childNodes } = next;
    if (nodeName === '#text') {
      line.write(value ?? '', style.kind === 'code');
      continue;
    }
    if (nodeName === 'head') title = titleIn(next);
    if (SKIPPED.has(nodeName) || isHidden(attrs)) continue;
    if (nodeName === 'br') line.write('\n', true);
    const around = style;
    if (BLOCKS.has(nodeName)) {
      flush();
      if (nodeName === 'li') bullet = '- ';
      style = styleOf(nodeName, around);
      left.push(() => {
        flush();
        style = around;
        if (nodeName === 'li') bullet = '';
      });
    } else if (nodeName === 'td' || nodeName === 'th') left.push(() => line.write(' | ', false));
    else if (AS_WRITTEN.has(nodeName)) {
      style = { kind: 'code', level: undefined };
      left.push(() => (style = around));
    }
    for (let at = (childNodes?.length ?? 0) - 1; at >= 0; at--) left.push(childNodes![at]!);
  }
  flush();
  return document.read({ title });
}

interface Style {
  readonly kind: DocumentBlock['kind'];
  readonly level: number | undefined;
}

function styleOf(name: string, around: Style): Style {
  const level = /^h([1-6])$/.exec(name)?.[1];
  if (level !== undefined) return { kind: 'heading', level: Number(level) };
  if (AS_WRITTEN.has(name)) return { kind: 'code', level: undefined };
  if (name === 'tr') return { kind: 'table', level: undefined };
  return around;
}

const isHidden = (attrs: HtmlNode['attrs']): boolean =>
  attrs?.some(({ name, value }) => name === 'hidden' || (name === 'style' && HIDDEN.test(value))) ?? false;

function titleIn({ childNodes }: HtmlNode): string | undefined {
  const title = childNodes?.find(({ nodeName }) => nodeName === 'title');
  return title?.childNodes?.map(({ value }) => value ?? '').join('');
}

/** Text of one block: white space between words is one space, except where it stays as it is written. */
class Line {
  #text = '';
  #endsBlank = true;

  write(text: string, asWritten: boolean): void {
    if (text === '') return;
    const collapsed = asWritten ? text : text.replaceAll(/[ \t\n\f\r\u00a0]+/g, ' ');
    const added = !asWritten && this.#endsBlank && collapsed.startsWith(' ') ? collapsed.slice(1) : collapsed;
    if (added === '') return;
    this.#text += added;
    this.#endsBlank = added.endsWith(' ') || added.endsWith('\n');
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    this.#endsBlank = true;
    return text.endsWith(' | ') ? text.slice(0, -' | '.length) : text;
  }
}
