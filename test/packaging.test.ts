import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/run-cli.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const packaged = (name: string): string => readFileSync(path.join(root, 'packaging', name), 'utf8');
const unit = packaged('terrace.service');

/** Of 0 (closed) to 10; 1.4 with systemd 252. What is left is the network it serves, and the compiler of V8. */
const HIGHEST_EXPOSURE = 2;

const systemdVersion = Number(/^systemd (\d+)/.exec(run('systemd-analyze', ['--version']).out)?.[1] ?? 0);
const hasSysusers = /--dry-run/.test(run('systemd-sysusers', ['--help']).out);

function run(command: string, args: readonly string[], input = ''): { code: number | null; out: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input });
  return { code: status, out: `${stdout ?? ''}${stderr ?? ''}` };
}

/** Every value of a setting, in order. */
const values = (setting: string): string[] =>
  Array.from(unit.matchAll(new RegExp(`^${setting}=(.*)$`, 'gm')), ([, value = '']) => value);

/** The unit with the paths of this machine: systemd looks whether the command is there. */
function unitOfThisMachine(text = unit): string {
  const file = path.join(temporaryFolder(), 'terrace.service');
  writeFileSync(file, text.replaceAll('/usr/bin/node ', `${process.execPath} `).replaceAll('/opt/terrace/', root));
  return file;
}

describe('terrace.service', () => {
  it.skipIf(systemdVersion === 0)('has nothing that systemd does not understand (needs systemd-analyze)', () => {
    expect(run('systemd-analyze', ['verify', unitOfThisMachine()])).toEqual({ code: 0, out: '' });
    const misspelt = unitOfThisMachine(unit.replace('ProtectSystem', 'ProtectSytem'));
    expect(run('systemd-analyze', ['verify', misspelt]).out).toContain('ProtectSytem');
  });

  it.skipIf(systemdVersion < 250)('takes every change that the guide offers (needs systemd-analyze 250)', () => {
    const guide = readFileSync(path.join(root, 'docs/deploy.md'), 'utf8');
    const blocks = Array.from(guide.matchAll(/^ {4}\[Service\]\n(?: {4}.*\n)+/gm), ([block]) => block);
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    for (const block of blocks) {
      const file = unitOfThisMachine();
      mkdirSync(`${file}.d`);
      const changed = block.replace(/^ {4}/gm, '').replace('/usr/bin/node', process.execPath);
      writeFileSync(path.join(`${file}.d`, 'change.conf'), changed);
      expect(run('systemd-analyze', ['verify', file])).toEqual({ code: 0, out: '' });
    }
  });

  it.skipIf(systemdVersion < 250)('leaves little of the machine open (needs systemd-analyze 250)', () => {
    const threshold = `--threshold=${HIGHEST_EXPOSURE * 10}`;
    const rate = (file: string) =>
      run('systemd-analyze', ['security', '--offline=true', '--no-pager', threshold, file]);
    const { code, out } = rate(unitOfThisMachine());
    const exposure = Number(/exposure level for .*: ([\d.]+)/.exec(out)?.[1]);
    expect(exposure).toBeGreaterThan(0);
    expect({ code, exposure: exposure <= HIGHEST_EXPOSURE }).toEqual({ code: 0, exposure: true });
    expect(rate(unitOfThisMachine(unit.replace(/^Protect.*$/gm, ''))).code).not.toBe(0);
  });

  it('waits for requests under way longer than the server does', () => {
    const drain = Number(/--drain (\d+)s/.exec(unit)?.[1]);
    const stop = Number(/^(\d+)s$/.exec(values('TimeoutStopSec')[0] ?? '')?.[1]);
    // Half a second for idle connections, and what the ledger needs to write the last of it.
    expect(stop).toBeGreaterThanOrEqual(drain + 5);
    expect(values('KillSignal')).toEqual(['SIGTERM']);
  });

  it('lets V8 compile and refuses calls without killing', () => {
    expect(values('MemoryDenyWriteExecute')).toEqual([]);
    expect(values('ProcSubset')).toEqual([]);
    expect(values('SystemCallErrorNumber')).toEqual(['EPERM']);
  });

  it('runs as a user without rights, and asks for keys', () => {
    expect([...values('User'), ...values('CapabilityBoundingSet'), ...values('NoNewPrivileges')]).toEqual([
      'terrace',
      '',
      'yes',
    ]);
    expect(values('ExecStart')[0]).toContain(' serve --keys ${TERRACE_HOME}/server-keys.json');
    expect(unit).not.toContain('--allow-public');
  });

  it('lets the inference runtime report to nobody', () => {
    expect(values('Environment')).toContain('ORT_DISABLE_TELEMETRY=1');
  });

  it('starts a file that exists', () => {
    const [, script = ''] = /\/opt\/terrace\/(\S+)/.exec(values('ExecStart')[0] ?? '') ?? [];
    expect(readFileSync(path.join(root, script), 'utf8')).toMatch(/^#!\/usr\/bin\/env node/);
  });
});

describe('what goes with the unit', () => {
  it.skipIf(!hasSysusers)('makes the user (needs systemd-sysusers with --dry-run)', () => {
    const machine = temporaryFolder();
    mkdirSync(path.join(machine, 'etc'));
    const args = ['--dry-run', `--root=${machine}`, '--replace=/usr/lib/sysusers.d/terrace.conf', '-'];
    const { code, out } = run('systemd-sysusers', args, packaged('terrace.sysusers.conf'));
    expect(code).toBe(0);
    expect(out).toContain("user 'terrace'");
  });

  it('is commented out where it is an example, and holds no key', () => {
    const lines = packaged('terrace.env.example')
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.filter((line) => !line.startsWith('#'))).toEqual([]);
    const keys = lines.filter((line) => line.startsWith('#TERRACE_KEY_'));
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((line) => !line.endsWith('='))).toEqual([]);
  });

  it('is described: every setting of the sandbox, and every file', () => {
    const guide = readFileSync(path.join(root, 'docs/deploy.md'), 'utf8');
    const sandbox = unit.slice(unit.indexOf('# No rights.'), unit.indexOf('[Install]'));
    const settings = new Set(Array.from(sandbox.matchAll(/^([A-Za-z]+)=/gm), ([, name = '']) => name));
    expect([...settings].filter((name) => !guide.includes(`\`${name}`))).toEqual([]);
    for (const file of [
      'terrace.service',
      'terrace.env.example',
      'terrace.sysusers.conf',
      'terrace.tmpfiles.conf',
      'nginx.conf.example',
    ]) {
      expect(guide).toContain(`packaging/${file}`);
    }
  });
});
