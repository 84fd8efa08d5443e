import { describe, expect, it } from 'vitest';
import { createFormat } from './format.js';
import { preferredLanguage } from './language.js';

const { age, bytes, ms, percent } = createFormat('en');

describe('numbers in words', () => {
  it('have the unit that fits', () => {
    expect([0, 999, 19_640_023, 2e9].map(bytes)).toEqual(['0 bytes', '999 bytes', '19.6 MB', '2 GB']);
    expect([0.42, 37.4, 999, 1234, 12_345].map(ms)).toEqual(['0.4 ms', '37 ms', '999 ms', '1.2 sec', '12.3 sec']);
  });

  it('say how long ago something was, in whole units', () => {
    expect([400, 61_000, 7_300_000, 200e6].map(age)).toEqual(['0 seconds', '1 minute', '2 hours', '2 days']);
  });

  it('call nothing certain that is not', () => {
    expect([0.984, 0.9996, 1].map(percent)).toEqual(['98%', '99%', '100%']);
  });
});

describe('the language of the page', () => {
  it('is the first of the visitor’s that it speaks', () => {
    expect(preferredLanguage(['fr-FR', 'ja-JP', 'en'])).toBe('ja');
    expect(preferredLanguage(['en-GB', 'ja'])).toBe('en');
  });

  it('is English for everybody else', () => {
    expect(preferredLanguage(['de'])).toBe('en');
    expect(preferredLanguage([])).toBe('en');
  });
});
