import { describe, expect, it } from 'vitest';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { readRewardTable } from './read-reward-table.js';

const line = (arms: unknown, more: object = {}): string => JSON.stringify({ arms, ...more });
const cell = (reward: unknown, cost: unknown): object => ({ reward, cost });
const GOOD = line({ a: cell(0.5, 0.1), b: cell(1, 2) });

function refused(text: string): InvalidDataError {
  try {
    readRewardTable(text);
  } catch (error) {
    if (InvalidDataError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('a table of rewards', () => {
  it('reads arms by name and as a list alike, in the order of the first line', () => {
    const list = line([
      { name: 'b', reward: 0, cost: 3 },
      { arm: 'a', reward: 0.25, cost: 0 },
    ]);
    const table = readRewardTable(`\uFEFF${GOOD}\r\n\n${list}\n`);
    expect(table).toEqual({
      arms: ['a', 'b'],
      rows: 2,
      rewards: [Float64Array.of(0.5, 0.25), Float64Array.of(1, 0)],
      costs: [Float64Array.of(0.1, 0), Float64Array.of(2, 3)],
    });
  });

  it('takes any name for an arm, those of an object’s own fields too', () => {
    expect(
      readRewardTable('{"arms": {"__proto__": {"reward": 1, "cost": 0}, "toString": {"reward": 0, "cost": 1}}}').arms,
    ).toEqual(['__proto__', 'toString']);
  });

  it('reads features where every line has as many', () => {
    const arms = { a: cell(0, 0), b: cell(0, 0) };
    const text = [line(arms, { features: [1, 2] }), line(arms, { features: [3, 4] })].join('\n');
    expect(readRewardTable(text).features).toEqual({ width: 2, values: Float32Array.of(1, 2, 3, 4) });
    expect(refused(`${line(arms, { features: [1, 2] })}\n${line(arms)}`).facts).toEqual({ line: 2 });
    expect(refused(`${line(arms)}\n${line(arms, { features: [1] })}`).facts).toEqual({ line: 2 });
    expect(refused(line(arms, { features: [1e60] })).message).toContain('features');
    expect(refused(line(arms, { features: [] })).message).toContain('features');
  });

  it.each([
    ['a reward above 1', line({ a: cell(1.01, 0), b: cell(0, 0) }), 'reward of "a"'],
    ['a negative reward', line({ a: cell(-0.1, 0), b: cell(0, 0) }), 'reward of "a"'],
    ['a missing reward', line({ a: { cost: 1 }, b: cell(0, 0) }), 'reward of "a"'],
    ['a reward that is no number', line({ a: cell('1', 0), b: cell(0, 0) }), 'reward of "a"'],
    ['a reward of NaN', line({ a: cell(NaN, 0), b: cell(0, 0) }), 'reward of "a"'],
    ['a negative cost', line({ a: cell(1, -1), b: cell(0, 0) }), 'cost of "a"'],
    ['an absurd cost', line({ a: cell(1, 2e6), b: cell(0, 0) }), 'cost of "a"'],
    ['an infinite cost', '{"arms": {"a": {"reward": 1, "cost": 1e999}, "b": {"reward": 1, "cost": 1}}}', 'cost of "a"'],
    ['a missing arm', line({ a: cell(0, 0) }), 'lacks the arm "b" of line 1'],
    ['an arm that others have not', line({ a: cell(0, 0), b: cell(0, 0), c: cell(0, 0) }), 'the arm "c"'],
    [
      'an arm twice',
      line([
        { arm: 'a', ...cell(0, 0) },
        { arm: 'a', ...cell(0, 0) },
      ]),
      'twice',
    ],
    ['an arm without a name', line([cell(0, 0), { arm: 'b', ...cell(0, 0) }]), 'without a name'],
    ['an arm that is no object', line({ a: 1, b: cell(0, 0) }), 'reward of "a"'],
    ['no arms', '{}', 'has no "arms"'],
    ['another value', '[1]', 'is no object'],
    ['no JSON', '{"arms": ', 'is not JSON'],
  ])('refuses %s, and says in which line', (_, bad, why) => {
    const error = refused(`${GOOD}\n${GOOD}\n${bad}\n${GOOD}`);
    expect(error.facts).toEqual({ line: 3 });
    expect(error.message).toContain(why);
  });

  it('refuses a table of nothing, and one without a choice', () => {
    expect(refused('').message).toContain('no rows');
    expect(refused('\n \n').message).toContain('no rows');
    expect(refused(line({ a: cell(0, 0) })).message).toContain('nothing to choose');
    expect(refused(line({})).message).toContain('nothing to choose');
    expect(refused(line({ '': cell(0, 0), b: cell(0, 0) })).message).toContain('empty name');
  });
});
