import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const FENCED = /^( *)```\w*\n([^]*?)^\1```$/gm;

/** A page of Markdown of the repository. */
export interface Guide {
  /** From the root, with slashes. */
  readonly file: string;
  readonly text: string;
  /** Without code: what is linked and said. */
  readonly prose: string;
  /** Blocks and spans of code, as they stand there. */
  readonly code: readonly string[];
}

/** Every page that is in the repository. */
export function readGuides(): Guide[] {
  const files = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);
  return files.map((file) => {
    const text = readFileSync(path.join(ROOT, file), 'utf8');
    const code: string[] = [];
    const keep = (found: string): string => (code.push(found), '');
    const prose = text
      .replace(FENCED, (_, _indent, found: string) => keep(found))
      .replace(/(?<=\n\n)(?: {4}.*\n(?:\n(?= {4}))?)+/g, keep)
      .replace(/`([^`]+)`/g, (_, found: string) => keep(found));
    return { file, text, prose, code };
  });
}

/** The names that a page's headings can be linked by, as the usual hosts make them. */
export function anchorsOf({ text }: Guide): Set<string> {
  const anchors = new Set<string>();
  const outside = text.replace(FENCED, '');
  for (const [, heading = ''] of outside.matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let name = slug;
    for (let again = 1; anchors.has(name); again++) name = `${slug}-${again}`;
    anchors.add(name);
  }
  return anchors;
}
