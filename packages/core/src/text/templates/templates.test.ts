import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PromptTemplate, TextDelta } from '../../catalog/text-catalog.js';
import { fakeSha } from '../../testing/example-catalog.js';
import { applyTemplate } from './apply-template.js';
import { promptTemplateId } from './prompt-template-id.js';
import { templateOf } from './template-of.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const template = (name: string, version: number, family = 'smollm2'): PromptTemplate => ({
  contentId: fakeSha(name),
  id: name,
  family,
  version,
  system: `You are ${name}.`,
});
const delta = (named?: string): TextDelta => ({
  contentId: fakeSha('delta'),
  id: 'bank/prompt',
  domain: 'bank',
  kind: 'prompt',
  servedAs: {},
  ...(named !== undefined && { template: fakeSha(named) }),
});

describe('the template of a tier', () => {
  const templates = [template('one', 1), template('three', 3), template('two', 2), template('other', 9, 'cloud')];

  it('is the newest of its family', () => {
    const text = { templates, deltas: [], calibrations: [] };
    expect(templateOf({ text }, 'smollm2', undefined)?.id).toBe('three');
    expect(templateOf({ text }, 'none', undefined)).toBeUndefined();
    expect(templateOf({}, 'smollm2', undefined)).toBeUndefined();
  });

  it('is the one that its delta names, which other domains do not see', () => {
    const text = { templates, deltas: [delta('three')], calibrations: [] };
    expect(templateOf({ text }, 'smollm2', delta('three'))?.id).toBe('three');
    expect(templateOf({ text }, 'smollm2', undefined)?.id).toBe('two');
  });

  it('is known by all that it says', () => {
    const manifest = { format: 1, id: 'a', family: 'f', version: 1, system: 'x' } as const;
    const id = promptTemplateId(manifest, startHash);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(promptTemplateId({ ...manifest, system: 'y' }, startHash)).not.toBe(id);
  });
});

describe('a chat', () => {
  it("has the template's text before the caller's own", () => {
    const chat = [{ role: 'user', content: 'hi' }] as const;
    expect(applyTemplate(chat, undefined)).toBe(chat);
    expect(applyTemplate(chat, { system: 'a' })).toEqual([{ role: 'system', content: 'a' }, ...chat]);
    expect(applyTemplate([{ role: 'system', content: 'b' }, ...chat], { system: 'a' })).toEqual([
      { role: 'system', content: 'a\n\nb' },
      ...chat,
    ]);
  });
});
