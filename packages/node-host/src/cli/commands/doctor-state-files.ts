import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { factsFileSchema } from '../../probe/facts-cache.js';
import { selfTestFileSchema } from '../../store/self-test-file.js';
import { systemClock } from '../../system-clock.js';
import { readAcceptances } from '../../trust/licences.js';
import { readTrust } from '../../trust/trust-file.js';
import type { Check, Finding } from './doctor-context.js';
import { setAside } from './set-aside.js';

/** Larger than any of them can be. */
const MAX_BYTES = 16 * 2 ** 20;

interface StateFile {
  readonly name: string;
  /** What it costs to start over. */
  readonly afterwards: string;
  /** @throws when the file cannot be used */
  readonly check: (home: string, path: string) => Promise<unknown>;
}

const FILES: readonly StateFile[] = [
  {
    name: 'device.json',
    afterwards: 'The next start measures the device again.',
    check: async (_, path) => factsFileSchema.parse(await readBounded(path)),
  },
  {
    name: 'self-tests.json',
    afterwards: 'Every variant is tested again when it is first used.',
    check: async (_, path) => selfTestFileSchema.parse(await readBounded(path)),
  },
  {
    name: 'licences.json',
    afterwards: 'Licences that ask for it must be accepted again (`--accept-licence`) with the next pull or import.',
    check: (home) => readAcceptances(home),
  },
  {
    name: 'trust.json',
    afterwards:
      'No key is trusted until you trust it again (`terrace keys trust FILE`); revocations are forgotten, too.',
    check: (home) => readTrust(home),
  },
];

/** What the device knows of itself: each file can be made again, so a damaged one is only in the way. */
export const stateFiles: Check = {
  name: 'state files',
  async run(context) {
    const { home } = await context.settings();
    const found = await Promise.all([
      ...FILES.map((file) => examineFile(file, home, context.fix)),
      examineMode(join(home, 'trust.json'), context.fix),
    ]);
    const wrong = found.flat();
    return wrong.length > 0 ? wrong : [{ name: 'state files', state: 'ok', found: `those in ${home} can be read` }];
  },
};

async function examineFile({ name, afterwards, check }: StateFile, home: string, fix: boolean): Promise<Finding[]> {
  const path = join(home, name);
  if (!(await stat(path).catch(() => undefined))) return [];
  try {
    await check(home, path);
    return [];
  } catch {
    const found = `${path} is damaged and cannot be used`;
    if (!fix) {
      return [{ name, state: 'problem', found, fix: `Run \`terrace doctor --fix\` to set it aside. ${afterwards}` }];
    }
    const aside = await setAside(path, systemClock.wallMs());
    return [{ name, state: 'fixed', found, fix: `It is now ${aside}. ${afterwards}` }];
  }
}

/** Who can write the trust file decides whose models are used. */
async function examineMode(path: string, fix: boolean): Promise<Finding[]> {
  const { mode } = await stat(path).catch(() => ({ mode: 0 }));
  if (process.platform === 'win32' || (mode & 0o022) === 0) return [];
  const finding = { name: 'trust.json', found: `${path} can be changed by other users: they could trust any key` };
  if (!fix) {
    return [{ ...finding, state: 'problem', fix: `Look at \`terrace keys list\`, then run \`chmod go-w ${path}\`.` }];
  }
  await chmod(path, mode & 0o755);
  return [{ ...finding, state: 'fixed', fix: 'Only its owner can write it now; look at `terrace keys list`.' }];
}

async function readBounded(path: string): Promise<unknown> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes`);
  return JSON.parse(await readFile(path, 'utf8'));
}
