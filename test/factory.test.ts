import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { SHIPPED, terrace } from './support/run-cli.js';
import { temporaryHome } from './support/temporary-home.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Where `terrace serve` listens by default, and so in the README. */
const PORT = 8420;
const LONG_MS = 120_000;

const isFree = await new Promise<boolean>((resolve) => {
  const socket = connect(PORT, '127.0.0.1', () => (socket.destroy(), resolve(false)));
  socket.on('error', () => resolve(true));
});

const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

/** The commands of the section, as they stand there. */
function commandsOf(section: string): string[] {
  const [, text = ''] = readme.split(`## ${section}\n`);
  const [body = ''] = text.split('\n## ');
  return body
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => line.trim());
}

interface Terminal {
  readonly process: ChildProcess;
  /** What stands on it. */
  shown(): string;
}

/** Types a command in the folder of the repository; the state of the box is in a home of its own. */
function type(command: string, home: string): Terminal {
  const child = spawn('sh', ['-c', command], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: home, TMPDIR: home, npm_config_update_notifier: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl+C goes to all that was started.
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (each) => (text += each));
  return { process: child, shown: () => text };
}

/** Runs it to its end. */
async function run(command: string, home: string): Promise<{ code: number; shown: string }> {
  const terminal = type(command, home);
  const [code] = (await once(terminal.process, 'close')) as [number];
  return { code, shown: terminal.shown() };
}

/** A server that listens. */
async function start(command: string, home: string): Promise<() => Promise<void>> {
  const terminal = type(command, home);
  const { pid } = terminal.process;
  const ended = once(terminal.process, 'close');
  const stop = async (): Promise<void> => {
    const { exitCode, signalCode } = terminal.process;
    if (exitCode === null && signalCode === null) process.kill(-pid!, 'SIGINT');
    await ended;
  };
  onTestFinished(stop);
  await expect.poll(terminal.shown, { timeout: LONG_MS / 4 }).toContain('listening on http://127.0.0.1:8420');
  return stop;
}

it.skipIf(!isFree)(
  'the factory of the README works as it says, command by command (port 8420 must be free)',
  { timeout: LONG_MS },
  async () => {
    const [serve, add, ask, askOffline, answer, ...others] = commandsOf('Factory') as [
      string,
      string,
      string,
      string,
      string,
    ];
    expect(others).toEqual([]);
    const home = temporaryHome();
    // Whoever reads on from the top has asked before, and the box knows what `base` takes.
    const [, first = ''] = /^ {4}.*?&& (npx terrace run .*)$/m.exec(readme) ?? [];
    expect(await run(first, home)).toMatchObject({ code: 0, shown: expect.stringMatching(/^freeze_account$/m) });

    const pullThePlug = await start(serve, home);
    expect(await run(add, home)).toMatchObject({
      code: 0,
      shown: expect.stringContaining('added site: base:{domain}'),
    });
    const near = await run(ask, home);
    expect(near).toMatchObject({ code: 0, shown: expect.stringMatching(/^freeze_account$/m) });
    expect(near.shown).toMatch(/answered +by nano \+ site at the site/);
    expect(near.shown).toMatch(/climb +nano -> site/);

    await pullThePlug();
    const alone = await run(askOffline, home);
    expect(alone).toMatchObject({ code: 4, shown: expect.stringMatching(/^play_music$/m) });
    expect(alone.shown).toMatch(/answered +by nano on this device/);
    expect(alone.shown).toMatch(/degraded +a tier that was wanted cannot be reached now/);
    const requestId = /terrace queue (?:show|wait) ([0-9a-f]{32})/.exec(alone.shown)?.[1] ?? '';
    const still = await run(answer, home);
    expect(still).toMatchObject({ code: 4, shown: expect.stringContaining('answered 0, given up 0, 1 still wait') });

    await start(serve, home);
    const answered = await run(answer, home);
    expect(answered).toMatchObject({ code: 0, shown: expect.stringContaining('answered 1, given up 0, none waits') });
    const state = path.join(home, '.local', 'state', 'terrace');
    const { stdout, code } = await terrace(['queue', 'wait', requestId], { home: state, models: SHIPPED });
    expect(code).toBe(0);
    expect(stdout).toMatch(/answer +freeze_account/);
    expect(stdout).toMatch(/answered +by nano \+ site \(site\)/);
  },
);
