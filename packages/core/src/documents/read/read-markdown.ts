import type { ReadDocument } from '../read-document.js';
import { decodeText } from './decode-text.js';
import { DocumentText } from './document-text.js';
import { unreadable } from './unreadable.js';

/** What is used of markdown-it. */
export interface MarkdownParser {
  parse(text: string, environment: object): readonly MarkdownToken[];
}

interface MarkdownToken {
  readonly type: string;
  readonly tag: string;
  readonly content: string;
  readonly children: readonly MarkdownToken[] | null;
}

/** Reading takes up to 4 s for each megabyte of what is made to take long. */
const MAX_BYTES = 2 * 1024 * 1024;
const FRONT_MATTER_LINES = 200;

/** Markdown, without its marks. HTML in it is text. @throws InvalidDocumentError */
export function readMarkdown(bytes: Uint8Array, parser: MarkdownParser): ReadDocument {
  if (bytes.length > MAX_BYTES) throw unreadable('too-large', `${MAX_BYTES / 2 ** 20} MiB, the limit of Markdown`);
  const { title, body } = withoutFrontMatter(decodeText(bytes));
  const document = new DocumentText();
  let level: number | undefined;
  let isItem = false;
  let table: string[][] | undefined;
  for (const token of parser.parse(body, {})) {
    switch (token.type) {
      case 'heading_open':
        level = Number(token.tag.slice(1));
        break;
      case 'heading_close':
        level = undefined;
        break;
      case 'list_item_open':
        isItem = true;
        break;
      case 'table_open':
        table = [];
        break;
      case 'tr_open':
        table?.push([]);
        break;
      case 'table_close':
        document.add('table', table?.map((cells) => cells.join(' | ')).join('\n') ?? '');
        table = undefined;
        break;
      case 'fence':
      case 'code_block':
        document.add('code', token.content);
        break;
      case 'inline': {
        const text = textOf(token);
        if (table) table.at(-1)?.push(text);
        else if (level !== undefined) document.add('heading', text, { level });
        else document.add('paragraph', isItem ? `- ${text}` : text);
        isItem = false;
      }
    }
  }
  return document.read({ title });
}

function textOf({ children }: MarkdownToken): string {
  let text = '';
  for (const { type, content } of children ?? []) {
    if (type === 'softbreak') text += ' ';
    else if (type === 'hardbreak') text += '\n';
    else if (type === 'text' || type === 'code_inline' || type === 'image') text += content;
  }
  return text;
}

/** Facts about the document between two lines of `---` at its head, which Markdown itself would take for a heading. */
function withoutFrontMatter(text: string): { readonly title: string | undefined; readonly body: string } {
  if (!/^---[ \t]*\r?\n/.test(text)) return { title: undefined, body: text };
  const lines = text.split('\n', FRONT_MATTER_LINES);
  const end = lines.findIndex((line, index) => index > 0 && /^(---|\.\.\.)\s*$/.test(line.slice(0, 80)));
  if (end === -1) return { title: undefined, body: text };
  const facts = lines.slice(1, end);
  const title = facts
    .find((line) => line.startsWith('title:'))
    ?.slice('title:'.length)
    .trim();
  const length = lines.slice(0, end + 1).reduce((sum, line) => sum + line.length + 1, 0);
  return { title: title?.replace(/^(["'])(.*)\1$/, '$2'), body: text.slice(length) };
}
