import { describe, expect, it } from 'vitest';
import { settle, type LadderChoiceState } from './hysteresis.js';

const HOLD_MS = 100;

/** Proposes each ladder at its time and says which one is used. */
function uses(
  proposals: readonly (readonly [atMs: number, ladder: string])[],
  fits = (_: string): boolean => true,
): string[] {
  let state: LadderChoiceState<string> | undefined;
  return proposals.map(([nowMs, proposed]) => {
    state = settle({ state, proposed, same: (a, b) => a[0] === b[0], stillFits: fits, nowMs, holdMs: HOLD_MS });
    return state.current;
  });
}

describe('settle', () => {
  it('takes the first ladder at once', () => {
    expect(uses([[0, 'a']])).toEqual(['a']);
  });

  it('changes to a ladder that has been better for the whole time', () => {
    expect(
      uses([
        [0, 'a'],
        [10, 'b'],
        [60, 'b'],
        [109, 'b'],
        [110, 'b'],
        [120, 'b'],
      ]),
    ).toEqual(['a', 'a', 'a', 'a', 'b', 'b']);
  });

  it('does not follow a ladder that is better for a while', () => {
    expect(
      uses([
        [0, 'a'],
        [10, 'b'],
        [90, 'a'],
        [100, 'b'],
        [180, 'b'],
        [199, 'a'],
      ]),
    ).toEqual(Array.from('aaaaaa'));
  });

  it('starts to count anew when the challenger changes', () => {
    expect(
      uses([
        [0, 'a'],
        [10, 'b'],
        [90, 'c'],
        [120, 'c'],
        [190, 'c'],
      ]),
    ).toEqual(['a', 'a', 'a', 'a', 'c']);
  });

  it('leaves a ladder that no longer fits at once', () => {
    expect(
      uses(
        [
          [0, 'a'],
          [10, 'b'],
        ],
        (ladder) => ladder !== 'a',
      ),
    ).toEqual(['a', 'b']);
  });

  it('takes newer estimates of the same rungs at once', () => {
    expect(
      uses([
        [0, 'a1'],
        [10, 'a2'],
        [20, 'b'],
        [30, 'a3'],
      ]),
    ).toEqual(['a1', 'a2', 'a2', 'a3']);
  });
});
