import { InvalidRequestError } from '@terrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseBytes,
  parseCostUsd,
  parseCount,
  parseDurationMs,
  parsePort,
  parseRate,
  parseShare,
} from './quantities.js';

function expectRefused(parse: (text: string) => number, text: string): void {
  let error: unknown;
  try {
    parse(text);
  } catch (caught) {
    error = caught;
  }
  expect(InvalidRequestError.isInstance(error)).toBe(true);
  expect((error as InvalidRequestError).hint).toMatch(/^Write /);
}

describe('a size', () => {
  it.each([
    ['64MiB', 67_108_864],
    ['64 MiB', 67_108_864],
    ['64mib', 67_108_864],
    ['1.5GB', 1_500_000_000],
    ['.5k', 512],
    ['2M', 2_097_152],
    ['1g', 1_073_741_824],
    ['67108864', 67_108_864],
    ['100 b', 100],
    [' 1kb ', 1000],
  ])('%s is %i bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(['', 'MiB', '0', '0MiB', '-1MiB', '1.2.3MB', '1e3', '64 parsecs', 'NaN', '1,5GB', '64MiB!'])(
    '%j is none',
    (text) => expectRefused(parseBytes, text),
  );
});

describe('a duration', () => {
  it.each([
    ['50ms', 50],
    ['1us', 0.001],
    ['1.5s', 1500],
    ['2 sec', 2000],
    ['50', 50],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
  ])('%s is %d ms', (text, ms) => expect(parseDurationMs(text)).toBeCloseTo(ms, 9));

  it.each(['', '0', '0ms', '-5ms', 'soon', '5 fortnights', '5 MiB'])('%j is none', (text) =>
    expectRefused(parseDurationMs, text),
  );
});

describe('a share', () => {
  it.each([
    ['0.02', 0.02],
    ['2%', 0.02],
    ['2 %', 0.02],
    ['.5', 0.5],
    ['0', 0],
    ['1', 1],
    ['100%', 1],
  ])('%s is %d', (text, share) => expect(parseShare(text)).toBeCloseTo(share, 12));

  it.each(['', '2', '101%', '-0.1', 'half', '1e-2', '%'])('%j is none', (text) => expectRefused(parseShare, text));
});

describe('a cost', () => {
  it.each([
    ['0.002', 0.002],
    ['$0.002', 0.002],
    ['0', 0],
    ['$ 1', 1],
    ['2.5e-7', 2.5e-7],
  ])('%s is %d dollars', (text, usd) => expect(parseCostUsd(text)).toBe(usd));

  it.each(['', '-1', 'free', '1€', '1e', '1e999'])('%j is none', (text) => expectRefused(parseCostUsd, text));
});

describe('a count', () => {
  it.each([
    ['1', 1],
    ['100', 100],
  ])('%s is %i', (text, count) => expect(parseCount(text)).toBe(count));

  it.each(['', '0', '-1', '1.5', 'ten', '9007199254740993'])('%j is none', (text) => expectRefused(parseCount, text));
});

it('whatever is written, it is a number in its range or refused as bad input', () => {
  const parsers = [parseBytes, parseDurationMs, parseShare, parseCostUsd, parseCount, parsePort, parseRate];
  fc.assert(
    fc.property(fc.constantFrom(...parsers), fc.string({ maxLength: 60 }), (parse, text) => {
      try {
        const value = parse(text);
        return Number.isFinite(value) && value >= 0;
      } catch (error) {
        return InvalidRequestError.isInstance(error) && error.message.length < 120;
      }
    }),
  );
});

describe('ports and rates', () => {
  it('are read', () => {
    expect(['0', '8420', '65535'].map(parsePort)).toEqual([0, 8420, 65_535]);
    expect(['60', '60/min', '2/s', '30/h', '0.5 / min'].map(parseRate)).toEqual([60, 60, 120, 0.5, 0.5]);
  });

  it.each(['', '65536', '-1', '80.5', '0x50', 'http'])('refuse the port %j', (text) => expectRefused(parsePort, text));
  it.each(['', '0', '-1/s', '5/day', 'many'])('refuse the rate %j', (text) => expectRefused(parseRate, text));
});
