import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { COMMAND, SHIPPED, temporaryFolder } from './support/run-cli.js';

/** Runs a command whose user's home is a folder of the test. */
async function runAt(home: string, ...args: readonly string[]): Promise<number | null> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    TERRACE_HOME: path.join(home, 'state'),
    TERRACE_MODELS_FOLDER: SHIPPED,
  };
  const child = spawn(process.execPath, [COMMAND, ...args], { env, stdio: 'ignore' });
  return new Promise((resolve) => child.once('exit', resolve));
}

it.each([
  ['an answer', ['run', '--domain', 'clinc150', '--policy', 'base', 'freeze my card']],
  ['a measurement of the device', ['profile']],
  ['a check of everything', ['doctor']],
])(
  '%s leaves no device id and nothing to be reported behind',
  async (_, args) => {
    const home = temporaryFolder();
    mkdirSync(path.join(home, 'state'));
    await runAt(home, ...args);
    expect(readdirSync(home)).toEqual(['state']);
  },
  60_000,
);
