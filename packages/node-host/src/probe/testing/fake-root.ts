import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface FakeRoot {
  readonly path: string;
  /** @param files path below the root to content */
  write(files: Readonly<Record<string, string>>): void;
  remove(): void;
}

/** A temporary folder that stands in for `/`, with the /proc and /sys files a test lays out. */
export function createFakeRoot(files: Readonly<Record<string, string>> = {}): FakeRoot {
  const path = mkdtempSync(join(tmpdir(), 'terrace-root-'));
  const write = (more: Readonly<Record<string, string>>): void => {
    for (const [name, content] of Object.entries(more)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), content);
    }
  };
  write(files);
  return { path, write, remove: () => rmSync(path, { recursive: true, force: true }) };
}
