import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createEntryBodies, type Bound } from './entry-body.js';
import type { AnswerEntry, Entry, EntryOf } from './entry-schema.js';

const SEAL = 'a'.repeat(64);
const PLACE: Bound = {
  key: 'k',
  scope: 's',
  tenant: 't',
  storedAtWallMs: 1,
  expiresAtWallMs: 2,
  question: {
    task: 'text-classification',
    domain: 'd',
    encoder: 'e',
    vector: Float32Array.of(0.6, 0.8),
    features: ['wa', 'g0'],
    answerId: 'a',
  },
};
/** Whatever is sealed: only the form counts here. */
const { read, write } = createEntryBodies(() => SEAL);
const again = (entry: Entry): Entry | undefined => read({ ...PLACE, body: write(PLACE, entry)! });

const common: Omit<EntryOf<'vector'>, 'kind' | 'vector'> = {
  from: 'r',
  catalogRevision: 'c',
  saved: { costUsd: 0, tokens: 1, durationMs: 0.1 + 0.2 },
  tier: 'nano',
  placement: 'device',
  path: ['nano'],
  verdict: {
    reason: 'risk',
    calibrated: true,
    certificate: {
      maxRisk: 0.01,
      delta: 0.05,
      n: 9,
      wrong: 0,
      riskUpperBound: 1 / 3,
      threshold: -Infinity,
      coverage: 1,
    },
  },
};
const LABELS: EntryOf<'labels'> = {
  kind: 'labels',
  ...common,
  output: { kind: 'classification', label: '"\u2028', alternatives: [], outOfScope: true },
  answer: {
    kind: 'scores',
    labels: ['"\u2028', 'b', 'c', 'd'],
    logProbs: Float64Array.of(-1 / 3, -Infinity, Number.MIN_VALUE, Number.NaN),
  },
};
const TEXT: AnswerEntry = {
  kind: 'text',
  ...common,
  confidence: 1 / 3,
  text: 'a'.repeat(1000),
  finishReason: 'stop',
  labels: [{ label: 'a', logProb: -Infinity }],
  features: { meanLogProb: -1 / 7 },
  usage: { inputTokens: 1, cachedTokens: 0, outputTokens: 2 },
  templates: { small: 't' },
  deltas: {},
  economy: { before: { tokens: 3, estimated: false }, after: { tokens: 2, estimated: true }, cut: [] },
  pieces: [{ text: 'a', logProbs: [-0.5], tokens: [{ token: 'a', logProb: -0.5, top: [] }] }],
};

describe('an entry', () => {
  it.each<[string, Entry]>([
    ['labels', LABELS],
    ['a label', { ...LABELS, answer: { kind: 'label', labels: ['a'], label: 'a' } }],
    ['a vector', { kind: 'vector', ...common, vector: Float32Array.of(1 / 3, -0, Infinity) }],
    ['a text', TEXT],
    [
      'a chat that was passed on',
      {
        kind: 'forwarded',
        contentType: 'application/json',
        body: '{}',
        saved: { costUsd: 1, tokens: 2, durationMs: 3 },
      },
    ],
  ])('of %s comes back as it was, to the last bit', (_, entry) => {
    expect(again(entry)).toStrictEqual(entry);
  });

  it('of numbers is as exact whatever their buffer holds beside them', () => {
    const wide = Float64Array.of(1, 2, 3, 4);
    const answer = { ...LABELS.answer, logProbs: wide.subarray(1, 3) } as typeof LABELS.answer;
    expect(again({ ...LABELS, answer })).toMatchObject({ answer: { logProbs: Float64Array.of(2, 3) } });
  });

  it.each<[string, (json: Record<string, unknown>) => unknown]>([
    ['a field that nobody knows', (json) => ({ ...json, extra: 1 })],
    ['a field less', ({ tier: _, ...json }) => json],
    ['another kind', (json) => ({ ...json, kind: 'image' })],
    ['a placement that is none', (json) => ({ ...json, placement: 'moon' })],
    ['half a number', (json) => ({ ...json, answer: { ...(json['answer'] as object), logProbs: 'AAAA' } })],
    ['no base64', (json) => ({ ...json, answer: { ...(json['answer'] as object), logProbs: '?' } })],
    ['a list', (json) => [json]],
    ['null', () => null],
  ])('with %s is none, even under its seal', (_, change) => {
    const json = JSON.parse(write(PLACE, LABELS)!.slice(SEAL.length)) as Record<string, unknown>;
    expect(read({ ...PLACE, body: SEAL + JSON.stringify(change(json)) })).toBeUndefined();
  });

  it('is none in another place than its own, and under another question', () => {
    const bodies = createEntryBodies((text) => createHash('sha256').update(text).digest('hex'));
    const body = bodies.write(PLACE, TEXT)!;
    expect(bodies.read({ ...PLACE, body })).toStrictEqual(TEXT);
    const { question } = PLACE;
    const moved: readonly Partial<Bound>[] = [
      { key: 'o' },
      { scope: 'o' },
      { tenant: 'o' },
      { storedAtWallMs: 0 },
      { expiresAtWallMs: 3 },
      { question: undefined },
      { question: { ...question!, vector: Float32Array.of(0.8, 0.6) } },
      { question: { ...question!, features: ['wb', 'g0'] } },
      { question: { ...question!, answerId: 'b' } },
      { question: { ...question!, encoder: 'o' } },
    ];
    for (const change of moved) expect(bodies.read({ ...PLACE, ...change, body })).toBeUndefined();
  });

  it('is not written when it is larger than 256 KB, in bytes', () => {
    const isWritten = (text: string): boolean => write(PLACE, { ...TEXT, text }) !== undefined;
    expect(['a'.repeat(260_000), 'a'.repeat(262_000), '漢'.repeat(88_000)].map(isWritten)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
