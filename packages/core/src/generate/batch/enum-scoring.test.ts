import { describe, expect, it } from 'vitest';
import { createFakeChatTokenizer, FAKE_TOKENS, FAKE_VOCABULARY } from '../../testing/fake-chat-tokenizer.js';
import { createFakeTextGraph, type FakeTextGraph } from '../../testing/fake-text-graph.js';
import { EnumScoring } from './enum-scoring.js';

const PROMPT = [FAKE_TOKENS.user, 104, 105, FAKE_TOKENS.end, FAKE_TOKENS.assistant];
const tokenizer = createFakeChatTokenizer();

async function behind(graph: FakeTextGraph, ids: readonly number[]) {
  const feed = { ids: Int32Array.from(ids), columns: ids.length, keep: false, logits: 'last' } as const;
  const { logits, caches } = await graph.run({ ...feed, caches: graph.empty() });
  return { logits: logits.slice(), caches };
}

/** Natural log of P(token | ids), by the book. */
async function logProb(ids: readonly number[], token: number): Promise<number> {
  const { logits } = await behind(createFakeTextGraph(), ids);
  const largest = Math.max(...logits);
  return logits[token]! - largest - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

describe('scores of an enum', () => {
  it('are the probabilities of its values, whose shared beginnings are computed once', async () => {
    const values = ['ab', 'abcd', 'abce', 'x', 'xyz', 'q', ''];
    const graph = createFakeTextGraph();
    const scoring = new EnumScoring({ graph, maxRows: 2, tokenizer, values, start: await behind(graph, PROMPT) });
    while (!scoring.isOver) await scoring.step();

    const raw: number[] = [];
    for (const value of values) {
      const ids = [...tokenizer.encode(value)];
      const others = values.some((other) => other !== value && other.startsWith(value));
      let sum = 0;
      for (const [i, token] of [...ids, ...(others ? [FAKE_TOKENS.end] : [])].entries()) {
        sum += await logProb([...PROMPT, ...ids.slice(0, i)], token);
      }
      raw.push(sum);
    }
    const whole = Math.log(raw.reduce((sum, one) => sum + Math.exp(one), 0));
    for (const [i, one] of scoring.logProbs().entries()) expect(one).toBeCloseTo(raw[i]! - whole, 3);
    expect(scoring.logProbs()).toHaveLength(values.length);
    // Behind a, ab, abc, x and xy.
    expect(graph.runs.slice(1).reduce((sum, { rows }) => sum + rows, 0)).toBe(5);
    expect(graph.liveBytes()).toBe(0);
  });

  it('need no run where a value is alone, or none begins as another', async () => {
    const graph = createFakeTextGraph();
    for (const values of [['one'], ['a', 'b', 'c']]) {
      const scoring = new EnumScoring({
        graph,
        maxRows: 2,
        tokenizer,
        values: [...values],
        start: await behind(graph, PROMPT),
      });
      let steps = 0;
      while (!scoring.isOver && ++steps < 10) await scoring.step();
      expect(steps).toBe(values.length === 1 ? 2 : 0);
      expect(Math.exp(scoring.logProbs()[0]!)).toBeLessThanOrEqual(1);
    }
    expect(graph.liveBytes()).toBe(0);
  });

  it('let go of what they hold when nobody waits for them', async () => {
    const graph = createFakeTextGraph();
    const scoring = new EnumScoring({
      graph,
      maxRows: 2,
      tokenizer,
      values: ['abc', 'abd', 'xyz'],
      start: await behind(graph, PROMPT),
    });
    await scoring.step();
    expect(graph.liveBytes()).toBeGreaterThan(0);
    scoring.release();
    expect(graph.liveBytes()).toBe(0);
    expect(FAKE_VOCABULARY).toBe(graph.vocabulary);
  });
});
