import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SHIPPED, temporaryFolder } from './run-cli.js';

/** The shipped models by hard link, so that a folder of 50 MB costs nothing. Change files with `replaceFile` only. */
export function linkedModels(): string {
  const folder = path.join(temporaryFolder(), 'models');
  for (const name of ['encoders', 'deltas', 'text']) link(path.join(SHIPPED, name), path.join(folder, name));
  linkFile(path.join(SHIPPED, 'catalog.json'), path.join(folder, 'catalog.json'));
  return folder;
}

function link(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target] = [path.join(from, name), path.join(to, name)];
    if (statSync(source).isDirectory()) link(source, target);
    else linkFile(source, target);
  }
}

/** Where the repository is on another disk than temporary files, there are no links between them. */
function linkFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    writeFileSync(to, readFileSync(from));
  }
}

/** Takes the link away before it writes: the shipped file stays as it is. */
export function replaceFile(folder: string, name: string, change: (content: Buffer) => Buffer | string): void {
  const file = path.join(folder, name);
  const content = change(Buffer.from(readFileSync(file)));
  rmSync(file);
  writeFileSync(file, content);
}

/** One bit in the middle of a file: its size stays. */
export function flipByte(content: Buffer): Buffer {
  content[content.length >> 1]! ^= 1;
  return content;
}

/** A change of a JSON file, for `replaceFile`. */
export const edited =
  <T>(change: (content: T) => void) =>
  (bytes: Buffer): string => {
    const content = JSON.parse(bytes.toString('utf8')) as T;
    change(content);
    return JSON.stringify(content);
  };
