import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const terrace = join(
  dirname(createRequire(import.meta.url).resolve('@terrace/node-host/package.json')),
  'bin',
  'terrace.js',
);

/** A memory cgroup of our own, v1 or v2, to run the command in. */
export interface MemoryGroup {
  limit(bytes: number | undefined): Promise<void>;
  run(args: readonly string[], home?: string): Promise<{ code: number | null; output: string }>;
  /** Highest use of anonymous and file pages since the last limit was set. */
  peakBytes(): Promise<number>;
  remove(): Promise<void>;
}

/** Undefined where this process may not make one. */
export async function createMemoryGroup(name: string): Promise<MemoryGroup | undefined> {
  const v1 = existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes');
  const folder = join(v1 ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup', name);
  const file = (old: string, now: string): string => join(folder, v1 ? old : now);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file('memory.limit_in_bytes', 'memory.max'), v1 ? '-1' : 'max');
  } catch {
    return undefined;
  }
  return {
    async limit(bytes) {
      await writeFile(
        file('memory.limit_in_bytes', 'memory.max'),
        bytes === undefined ? (v1 ? '-1' : 'max') : String(bytes),
      );
      await writeFile(file('memory.max_usage_in_bytes', 'memory.peak'), '0').catch(() => undefined);
    },
    run: (args, home) =>
      new Promise((resolve, reject) => {
        const command = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
        const flags = home === undefined ? [] : ['--home', home];
        const child = spawn('sh', ['-c', command, folder, process.execPath, terrace, ...args, ...flags], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
        child.once('error', reject).once('close', (code) => resolve({ code, output }));
      }),
    peakBytes: async () => Number(await readFile(file('memory.max_usage_in_bytes', 'memory.peak'), 'utf8')),
    remove: () => rmdir(folder),
  };
}
