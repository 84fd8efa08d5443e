import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidRequestError } from '@terrace/core';
import { listPageFiles, type PageFile, type PageList } from '../../precache/list-page-files.js';
import { pathPattern } from '../../precache/path-pattern.js';
import { writeAtomically } from '../../store/files/atomic-file.js';
import { bytes, print, printJson, warn } from '../output.js';
import type { GlobalFlags } from '../settings.js';

export interface PrecacheFlags extends GlobalFlags {
  readonly exclude?: readonly string[];
  readonly whenUsed?: readonly string[];
}

const LIST = 'offline.json';
const WORKER = 'sw.js';

/**
 * The list, the worker that reads it, what only developers read, and what static hosts take as settings or do not send:
 * names that begin with a dot.
 */
const LEFT_OUT = [LIST, WORKER, '**/*.map', '**/.*', '_headers', '_redirects', 'CNAME'].map(pathPattern);

/** `terrace precache FOLDER`: writes the list of a page's files that its service worker goes by. */
export async function precache(name: string, flags: PrecacheFlags, signal: AbortSignal): Promise<number> {
  const folder = resolve(name);
  await requireFolder(folder);
  const excluded = usedPatterns(flags.exclude);
  const whenUsed = usedPatterns(flags.whenUsed);
  const list = await listPageFiles({
    folder,
    isLeftOut: (path) => LEFT_OUT.some((isMeant) => isMeant(path)) || excluded.some(path),
    isWhenUsed: whenUsed.some,
    signal,
  });
  if (list.files.length === 0) throw isEmpty(folder);
  const warnings = [
    ...excluded.unused().map((pattern) => `--exclude ${pattern} is the name of nothing here`),
    ...whenUsed.unused().map((pattern) => `--when-used ${pattern} is the name of nothing here`),
    ...(await doubtsOf(folder, list)),
  ];
  const file = join(folder, LIST);
  await writeAtomically(file, `${JSON.stringify(list, null, 2)}\n`);
  for (const warning of warnings) warn(warning);
  const summary = { file, version: list.version, ...sizesOf(list), warnings };
  if (flags.json) printJson(summary);
  else print(describe(summary));
  return 0;
}

/** Patterns that remember whether they ever meant something. */
function usedPatterns(patterns: readonly string[] = []) {
  const all = patterns.map((pattern) => ({ pattern, isMeant: pathPattern(pattern) }));
  const used = new Set<string>();
  return {
    some: (path: string): boolean => {
      const meant = all.filter(({ isMeant }) => isMeant(path));
      for (const { pattern } of meant) used.add(pattern);
      return meant.length > 0;
    },
    unused: (): string[] => patterns.filter((pattern) => !used.has(pattern)),
  };
}

async function doubtsOf(folder: string, { files }: PageList): Promise<string[]> {
  const has = (name: string): boolean => files.some(({ path }) => path === name);
  const model = files.find(({ path }) => path.endsWith('.onnx'));
  const hasWorker = await stat(join(folder, WORKER)).catch(() => undefined);
  return [
    ...(has('index.html') ? [] : ['there is no index.html: is this the folder that is deployed?']),
    ...(hasWorker ? [] : [`there is no ${WORKER}: without a service worker nobody reads the list`]),
    ...(model ? [`${model.path} would be kept twice, as the runtime keeps models itself: use --exclude`] : []),
  ];
}

function sizesOf({ files }: PageList) {
  const sum = (some: readonly PageFile[]) => ({
    files: some.length,
    bytes: some.reduce((total, file) => total + file.bytes, 0),
  });
  return {
    atOnce: sum(files.filter((file) => !file.whenUsed)),
    whenUsed: sum(files.filter((file) => file.whenUsed)),
  };
}

interface Summary extends ReturnType<typeof sizesOf> {
  readonly file: string;
  readonly version: string;
}

const describe = ({ file, version, atOnce, whenUsed }: Summary): string =>
  [
    `${file}, version ${version.slice(0, 12)}`,
    `kept at once    ${atOnce.files} files, ${bytes(atOnce.bytes)}`,
    ...(whenUsed.files > 0 ? [`kept when used  ${whenUsed.files} files, ${bytes(whenUsed.bytes)}`] : []),
  ].join('\n');

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new InvalidRequestError({
    message: `${folder} is not a folder.`,
    hint: 'Name the folder that is deployed, with index.html in it.',
    facts: { folder },
  });
}

const isEmpty = (folder: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `${folder} has no file to list.`,
    hint: 'Build the page first, and exclude less.',
    facts: { folder },
  });
