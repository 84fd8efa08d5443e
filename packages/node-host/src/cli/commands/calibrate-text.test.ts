import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endpointManifestSchema } from '@terrace/core';
import { readTextCalibration } from '@terrace/core/text';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { addEndpoint } from '../../store/add/add-endpoint.js';
import { openModelFolders, shippedModels } from '../../store/catalog/model-folders.js';
import { startJsonServer } from '../../tiers/testing/json-server.js';
import { calibrateText, type CalibrateTextFlags } from './calibrate-text.js';

const { signal } = new AbortController();

/** A state folder with one endpoint that knows every other answer, and is sure of what it knows. */
async function home() {
  const folder = await mkdtemp(join(tmpdir(), 'calibrate-text-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const server = await startJsonServer((path, body) => {
    if (path !== 'POST /v1/chat/completions') return undefined;
    const { messages } = body as { messages: { content: string }[] };
    const number = Number(/\d+/.exec(messages.at(-1)!.content)![0]);
    const content = number % 2 === 0 ? `It is ${number}.` : 'I am not sure.';
    const logprob = (number % 2 === 0 ? -0.1 : -2) - (number % 7) / 10;
    const logprobs = { content: [{ token: content, logprob, top_logprobs: [] }] };
    return { choices: [{ message: { content }, finish_reason: 'stop', logprobs }], usage: { prompt_tokens: 9 } };
  });
  const manifest = endpointManifestSchema.parse({
    format: 1,
    id: 'site',
    placement: 'site',
    protocol: 'openai',
    url: `${server.url}/v1`,
    model: 'm',
    tasks: ['text-generation'],
  });
  const overlay = join(folder, 'models');
  await addEndpoint({ manifest, overlay, shipped: shippedModels(), replace: false, signer: undefined, signal });
  const calibrate = async (lines: readonly string[], flags: Partial<CalibrateTextFlags> = {}) => {
    const text = join(folder, 'questions.jsonl');
    await writeFile(text, lines.join('\n'));
    const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await calibrateText({ home: folder, text, tier: ['site'], json: true, ...flags }, signal);
      return JSON.parse(String(said.mock.calls.map(([chunk]) => chunk).join(''))) as Record<string, unknown>;
    } finally {
      said.mockRestore();
    }
  };
  return { folder, overlay, calibrate };
}

const questions = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ prompt: `Which number is ${i}?`, answer: String(i) }));

describe('terrace calibrate --text', () => {
  it('keeps how sure a tier is of its answers, where the next start finds it', async () => {
    const { overlay, calibrate } = await home();
    const report = await calibrate(questions(60));
    expect(report).toMatchObject({
      tiers: [{ tier: 'site', rows: 60, accuracy: 0.5, auroc: { whole: 1 } }],
      unfit: [],
    });
    const folders = await openModelFolders({ shipped: shippedModels(), added: overlay });
    const [found] = folders.current().text!.calibrations;
    const { location } = await folders.locate(found!.file);
    const { tiers } = readTextCalibration(await readFile(location));
    expect(tiers).toMatchObject([{ tier: 'site', variant: folders.current().endpoints![0]!.contentId }]);
  });

  it('refuses questions it can learn nothing from, and says what is missing', async () => {
    const { calibrate } = await home();
    await expect(calibrate(questions(3))).rejects.toThrow('3 answers are too few');
    const odd = questions(120).filter((_, i) => i % 2 === 1);
    await expect(calibrate(odd)).rejects.toThrow('every answer is wrong');
    await expect(calibrate(questions(3), { tier: ['nobody'] })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    for (const line of [
      '{',
      '{"prompt":"x"}',
      '{"prompt":"","answer":"y"}',
      '{"prompt":"x","answer":"y","mood":1}',
      '[]',
    ])
      await expect(calibrate([...questions(1), line])).rejects.toMatchObject({
        code: 'INVALID_DATA',
        facts: { line: 2 },
      });
    await expect(calibrate([])).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});
