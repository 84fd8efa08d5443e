import { describe, expect, it } from 'vitest';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import { generationSchema, textRequestSchema } from './text-request-schema.js';

const chat = { task: 'text-generation', messages: [{ role: 'user', content: 'hello' }] };

describe('a text request', () => {
  it('needs no more than its task and a text', () => {
    const { generation, holdMs, policy, residency } = textRequestSchema.parse({ task: 'text-generation', text: 'hi' });
    expect({ ...generation, seed: undefined, topLogProbs: undefined }).toEqual(DEFAULT_GENERATION);
    expect({ holdMs, policy, residency }).toEqual({ holdMs: 500, policy: 'cascade', residency: 'cloud' });
  });

  it.each([
    ['n', 100],
    ['n', 0],
    ['temperature', -1],
    ['temperature', Number.NaN],
    ['topP', 0],
    ['maxTokens', 0],
    ['maxTokens', 1.5],
    ['stop', ['']],
    ['logitBias', { the: 1 }],
    ['logitBias', { 7: 101 }],
    ['format', { kind: 'enum', values: [] }],
    ['context', 'forget'],
  ])('is refused with a generation of %s %j', (field, value) => {
    const { success, error } = textRequestSchema.safeParse({ ...chat, generation: { [field]: value } });
    expect(success).toBe(false);
    expect(error?.issues[0]?.path.slice(0, 2)).toEqual(['generation', field]);
  });

  it('is refused with fields nobody knows, which would be requirements nobody meets', () => {
    expect(textRequestSchema.safeParse({ ...chat, temprature: 1 }).success).toBe(false);
    expect(generationSchema.safeParse({ top_p: 1 }).success).toBe(false);
  });
});
