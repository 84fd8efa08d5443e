import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Import {
  readonly specifier: string;
  /** `import type` and `export type`: gone at run time. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the scanned folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const COMMENT_OR_STRING = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)/g;
/** `import x from 'y'`, `export { x } from 'y'`, `export * from 'y'`, with or without `type`. */
const FROM = /\b(?:import|export)\b(\s+type\b(?!\s+from\b))?[\w\s{},*$]*?\bfrom\s*['"]([^'"]+)['"]/g;
/** `import 'y'`. */
const BARE = /\bimport\s*['"]([^'"]+)['"]/g;
/** `import('y')`, `require('y')`. A type query, `typeof import('y')`, counts as a type. */
const CALL = /(\btypeof\s+)?\b(?:import|require)\s*\(\s*['"`]([^'"`]+)['"`]/g;

/** Comments go, strings stay: `'https://x'` holds no comment, and a commented-out import is none. */
export function withoutComments(text: string): string {
  return text.replace(COMMENT_OR_STRING, (_, string: string | undefined) => string ?? ' ');
}

export function scanImports(source: string): Import[] {
  const text = withoutComments(source);
  const all = (pattern: RegExp, read: (match: RegExpExecArray) => Import) => [...text.matchAll(pattern)].map(read);
  const marked = ([, mark, specifier = '']: RegExpExecArray): Import => ({ specifier, typeOnly: mark !== undefined });
  return [
    ...all(FROM, marked),
    ...all(BARE, ([, specifier = '']) => ({ specifier, typeOnly: false })),
    ...all(CALL, marked),
  ];
}

/** Every TypeScript file under `folder`, declarations and build output left out. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => /\.[cm]?tsx?$/.test(file) && !/\.d\.[cm]?ts$/.test(file))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
    .toSorted()
    .map((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8');
      return { path: file, text, imports: scanImports(text) };
    });
}
