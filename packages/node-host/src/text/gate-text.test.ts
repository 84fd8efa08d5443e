import type { TextQuestion, TextRequestInput, TextRuntime, TextStep } from '@terrace/core/text';
import { seededRandom } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { gateText } from './gate-text.js';

/** A runtime that answers the n-th question as it is told; with nothing it fails. */
function answering(say: (at: number) => string | undefined): { runtime: TextRuntime; domains: (string | undefined)[] } {
  const domains: (string | undefined)[] = [];
  const runtime = {
    async *stream(input: TextRequestInput) {
      domains.push(input.domain);
      const at = Number(input.messages!.at(-1)!.content);
      const text = say(at);
      if (text === undefined) throw new Error('it broke');
      await Promise.resolve();
      yield { kind: 'result', result: { output: { choices: [{ text }] }, features: {} } } as unknown as TextStep;
    },
  };
  return { runtime: runtime as unknown as TextRuntime, domains };
}

const questions = Array.from({ length: 40 }, (_, at): TextQuestion => ({
  messages: [{ role: 'user', content: `${at}` }],
  answers: ['yes'],
  format: { kind: 'text' },
}));

const gate = (
  candidate: (at: number) => string | undefined,
  current: (at: number) => string | undefined,
  isKnown = true,
) => {
  const [a, b] = [answering(candidate), answering(current)];
  const { signal } = new AbortController();
  const decision = gateText({
    questions,
    domain: 'bank',
    tier: 'small',
    judge: 'exact',
    candidate: a.runtime,
    current: b.runtime,
    isKnown,
    random: seededRandom(1),
    signal,
  });
  return { decision, asked: [a.domains, b.domains] };
};

describe('the gate of text deltas', () => {
  it('lets through what is right more often', async () => {
    const { decision } = gate(
      () => 'yes',
      (at) => (at % 2 ? 'yes' : 'no'),
    );
    expect(await decision).toMatchObject({ kind: 'promote', reason: 'better' });
  });

  it('holds back what is not, or is worse', async () => {
    expect(
      await gate(
        () => 'yes',
        () => 'yes',
      ).decision,
    ).toMatchObject({ kind: 'keep', reason: 'not-better' });
    expect(
      await gate(
        () => 'no',
        () => 'yes',
      ).decision,
    ).toMatchObject({ kind: 'keep', reason: 'worse' });
  });

  it('asks what is in force without a domain that it does not know', async () => {
    const { decision, asked } = gate(
      () => 'yes',
      () => 'no',
      false,
    );
    await decision;
    expect(asked.map((domains) => [...new Set(domains)])).toEqual([['bank'], [undefined]]);
  });
});
