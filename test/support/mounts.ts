import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const run = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Whether this process may mount file systems: root, and not in a container that forbids it. */
export const canMount: boolean = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-mount-'));
  const mounted = run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]) && run('umount', [folder]);
  if (mounted) rmSync(folder, { recursive: true, force: true });
  return mounted;
})();

/** Mounts an empty disk of this size for the length of the test. */
export function mountSmallDisk(folder: string, bytes: number): void {
  mkdirSync(folder, { recursive: true });
  mount(['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], folder);
}

/** Makes a folder read-only for the length of the test, for root too. */
export function mountReadOnly(folder: string): void {
  mount(['--bind', folder, folder], folder);
  if (!run('mount', ['-o', 'remount,ro,bind', folder])) throw new Error(`${folder} cannot be made read-only`);
}

function mount(args: readonly string[], folder: string): void {
  if (!run('mount', args)) throw new Error(`${folder} cannot be mounted`);
  onTestFinished(() => void run('umount', ['-l', folder]));
}
