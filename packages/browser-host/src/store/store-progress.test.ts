import type { FetchProgress } from '@terrace/core';
import { fakeFile } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { StoreProgress } from './store-progress.js';

const WEIGHTS = fakeFile('model.onnx', 9000);
const TOKENIZER = fakeFile('tokenizer.json', 1000);

function setUp() {
  const events: FetchProgress[] = [];
  const progress = new StoreProgress((event) => events.push(event));
  return { progress, events };
}

const doneOf = (events: readonly FetchProgress[]): number[] => events.map(({ doneBytes }) => doneBytes);

describe('the progress of a store', () => {
  it('counts everything that was begun before the first event', () => {
    const { progress, events } = setUp();
    const [weights, tokenizer] = [progress.track(WEIGHTS), progress.track(TOKENIZER)];
    weights.begin();
    tokenizer.begin();
    tokenizer.at(0);
    tokenizer.at(1000);
    weights.at(4500);
    weights.at(9000);
    expect(new Set(events.map(({ totalBytes }) => totalBytes))).toEqual(new Set([10_000]));
    expect(doneOf(events)).toEqual([0, 1000, 5500, 10_000]);
    expect(events.map(({ file }) => file)).toEqual(['tokenizer.json', 'tokenizer.json', 'model.onnx', 'model.onnx']);
  });

  it('is told in steps of a hundredth, and always at the end', () => {
    const { progress, events } = setUp();
    const track = progress.track(WEIGHTS);
    track.begin();
    for (let bytes = 0; bytes <= 9000; bytes += 10) track.at(bytes);
    expect(events.length).toBeLessThanOrEqual(102);
    expect(events.at(-1)).toEqual({ doneBytes: 9000, totalBytes: 9000, file: 'model.onnx' });
  });

  it('falls when a file must be begun anew', () => {
    const { progress, events } = setUp();
    const track = progress.track(WEIGHTS);
    track.begin();
    for (const bytes of [4000, 0, 9000]) track.at(bytes);
    expect(doneOf(events)).toEqual([4000, 0, 9000]);
  });

  it('begins anew with the next burst, and not while one file is still on its way', () => {
    const { progress, events } = setUp();
    const [weights, tokenizer] = [progress.track(WEIGHTS), progress.track(TOKENIZER)];
    weights.begin();
    tokenizer.begin();
    tokenizer.at(1000);
    tokenizer.end();
    weights.at(9000);
    weights.end();
    const again = progress.track(TOKENIZER);
    again.begin();
    again.at(1000);
    expect(events.map(({ doneBytes, totalBytes }) => [doneBytes, totalBytes])).toEqual([
      [1000, 10_000],
      [10_000, 10_000],
      [1000, 1000],
    ]);
  });

  it('of work that was given up does not end that of the next', () => {
    const { progress, events } = setUp();
    const [first, second] = [progress.track(WEIGHTS), progress.track(WEIGHTS)];
    first.begin();
    first.at(4000);
    second.begin();
    first.end();
    second.at(9000);
    first.at(1);
    expect(doneOf(events)).toEqual([4000, 9000]);
  });

  it('of one file is told to those who wait for it, until they leave', () => {
    const { progress } = setUp();
    const [early, late]: FetchProgress[][] = [[], []];
    const [track, other] = [progress.track(WEIGHTS), progress.track(TOKENIZER)];
    track.begin();
    other.begin();
    const leave = progress.listen(WEIGHTS, (event) => early!.push(event));
    track.at(1000);
    progress.listen(WEIGHTS, (event) => late!.push(event));
    other.at(500);
    track.at(2000);
    leave();
    track.at(9000);
    expect(doneOf(early!)).toEqual([1000, 2000]);
    expect(doneOf(late!)).toEqual([2000, 9000]);
    expect(new Set([...early!, ...late!].map(({ totalBytes }) => totalBytes))).toEqual(new Set([9000]));
  });

  it('of what turns out to be here is none', () => {
    const { progress, events } = setUp();
    const track = progress.track(WEIGHTS);
    track.at(9000);
    track.end();
    expect(events).toEqual([]);
  });
});
