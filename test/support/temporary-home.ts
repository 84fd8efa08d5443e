import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { COMMAND, SHIPPED, temporaryFolder } from './run-cli.js';

/** What the runtime keeps of a device that it has measured. */
const DEVICE = 'device.json';

let device: Buffer | undefined;

/** A state folder that is gone after the test, of a device that is known: half a second less for its first answer. */
export function temporaryHome(): string {
  const home = temporaryFolder();
  bringDevice(home);
  return home;
}

/** This machine is measured once, not for each state folder. What measuring does has tests of its own. */
export function bringDevice(home: string): void {
  device ??= measureDevice();
  writeFileSync(path.join(home, DEVICE), device);
}

function measureDevice(): Buffer {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-device-'));
  const env = { PATH: process.env['PATH'], TERRACE_HOME: home, TERRACE_MODELS_FOLDER: SHIPPED };
  try {
    execFileSync(process.execPath, [COMMAND, 'profile'], { env, cwd: home, stdio: 'ignore' });
    return readFileSync(path.join(home, DEVICE));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
