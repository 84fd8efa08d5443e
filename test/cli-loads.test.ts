import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { EASY, homeOfThisFile } from './support/answers.js';
import { temporaryFolder, terrace } from './support/run-cli.js';
import { startScriptedUpstream } from './support/scripted-upstream.js';

const home = homeOfThisFile();
const REMOTE = /^(open-remotes|redact)-/;
/** A hyphen is one of the characters that a hash is made of. */
const HASH = /-[\w-]{8}\.js$/;

/** Parts of the bundled command that an answer on the device has loaded and that are about other machines. */
async function loadedRemote(): Promise<string[]> {
  const folder = temporaryFolder();
  // V8 writes down every script that a process has evaluated, also of its worker threads.
  const args = ['run', '--domain', 'clinc150', '--residency', 'device', EASY];
  const { code, stderr } = await terrace(args, { home, env: { NODE_V8_COVERAGE: folder } });
  expect([code, stderr]).toEqual([0, '']);
  const reports = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
  const scripts = reports.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result);
  const names = scripts.map(({ url }) => path.basename(url));
  expect(names).toContain('terrace.js');
  const parts = names.filter((name) => REMOTE.test(name)).map((name) => name.replace(HASH, ''));
  return [...new Set(parts)].toSorted();
}

// Starts the command three times: some seconds on a busy machine.
it('loads what asks endpoints at the start, and only where there are endpoints', { timeout: 60_000 }, async () => {
  expect(await loadedRemote()).toEqual([]);
  const upstream = await startScriptedUpstream({ models: ['writer-1'], chat: () => '{"label":"freeze_account"}' });
  try {
    const flags = ['--placement', 'site', '--model', 'writer-1', '--domain', 'clinc150'];
    const { code, stderr } = await terrace(['tiers', 'add', upstream.url, ...flags], { home });
    expect([code, stderr]).toEqual([0, '']);
    const asked = upstream.requests.length;
    expect(await loadedRemote()).toEqual(['open-remotes', 'redact']);
    expect(upstream.requests.length).toBe(asked);
  } finally {
    await upstream.close();
  }
});
