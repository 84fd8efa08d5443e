import { expect, it } from 'vitest';
import { citedMarkers } from './cite.js';

it('finds the markers that an answer names, in the forms that models write', () => {
  const cited = (answer: string): string[] => [...citedMarkers(answer)];
  expect(cited('Freeze it [1]. Then call us [2][3].')).toEqual(['[1]', '[2]', '[3]']);
  expect(cited('See [1, 4; 12] and [01].')).toEqual(['[1]', '[4]', '[12]']);
  expect(cited('None: [], [a], [1a], (1), [1, [2, b], [1234].')).toEqual([]);
  expect(cited('')).toEqual([]);
  expect(cited('['.repeat(100_000) + '1,'.repeat(100_000))).toEqual([]);
});
