import { InvalidRequestError } from '@terrace/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytes, describeError, ms, percent, printError, table } from './output.js';

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [5_008_192, '4.8 MiB'],
    [150 * 2 ** 20, '150 MiB'],
    [3 * 2 ** 30, '3.0 GiB'],
    [2 ** 60, '1048576 TiB'],
  ])('%i bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

  it.each([
    [0.049, '0.05 ms'],
    [1.04, '1.0 ms'],
    [99.94, '99.9 ms'],
    [345.6, '346 ms'],
  ])('%d milliseconds are %s', (value, text) => expect(ms(value)).toBe(text));

  it.each([
    [0.9412, '94.1 %'],
    [1, '100.0 %'],
    [0, '0.0 %'],
  ])('%d is %s', (value, text) => expect(percent(value)).toBe(text));
});

describe('table', () => {
  it('makes columns as wide as their widest cell and trims the ends', () => {
    const rows = [
      ['tier', 'memory', ''],
      ['nano', '9.6 MiB', 'a long remark'],
    ];
    expect(table(rows)).toBe('tier  memory\nnano  9.6 MiB  a long remark');
  });

  it('is nothing without rows', () => expect(table([])).toBe(''));
});

describe('an error', () => {
  const error = new InvalidRequestError({ message: 'It is wrong.', hint: 'Correct it.', facts: { line: 7 } });
  let out: string;
  let err: string;
  beforeEach(() => {
    [out, err] = ['', ''];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  });
  afterEach(() => vi.restoreAllMocks());

  it('is data with code, message, hint and facts', () => {
    expect(describeError(error)).toEqual({
      code: 'INVALID_REQUEST',
      message: 'It is wrong.',
      hint: 'Correct it.',
      facts: { line: 7 },
    });
    expect(describeError(new InvalidRequestError({ message: 'a', hint: 'b' }))).not.toHaveProperty('facts');
  });

  it('of somebody else is internal', () => {
    expect(describeError(new Error('oh'))).toEqual({ code: 'INTERNAL', message: 'oh' });
    expect(describeError('oh')).toEqual({ code: 'INTERNAL', message: 'oh' });
  });

  it('is printed as JSON on standard output with --json, and for people on the other without', () => {
    printError(error, true);
    expect({ json: JSON.parse(out) as unknown, err }).toEqual({ json: { error: describeError(error) }, err: '' });
    out = '';
    printError(error, false);
    expect({ out, err }).toEqual({ out: '', err: 'error INVALID_REQUEST: It is wrong.\n  Correct it.\n' });
  });
});
