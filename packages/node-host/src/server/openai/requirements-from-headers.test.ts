import { InvalidRequestError } from '@terrace/core';
import { expect, it } from 'vitest';
import { requirementsFromHeaders } from './requirements-from-headers.js';

it('reads what a request demands', () => {
  const headers = {
    'x-terrace-deadline-ms': '150',
    'x-terrace-max-risk': '0.02',
    'x-terrace-min-confidence': '1',
    'x-terrace-max-cost-usd': '1e-3',
    'x-terrace-residency': 'site',
    accept: '*/*',
  };
  expect(requirementsFromHeaders(headers)).toEqual({
    deadlineMs: 150,
    maxRisk: 0.02,
    minConfidence: 1,
    maxCostUsd: 0.001,
    residency: 'site',
  });
  expect(requirementsFromHeaders({})).toEqual({});
});

it.each([
  ['x-terrace-deadline-ms', '0'],
  ['x-terrace-deadline-ms', '-1'],
  ['x-terrace-deadline-ms', '0x10'],
  ['x-terrace-deadline-ms', 'Infinity'],
  ['x-terrace-deadline-ms', '86400001'],
  ['x-terrace-deadline-ms', '150, 200'],
  ['x-terrace-deadline-ms', ''],
  ['x-terrace-max-risk', '0'],
  ['x-terrace-max-risk', '1'],
  ['x-terrace-min-confidence', '1.1'],
  ['x-terrace-max-cost-usd', '9'.repeat(400)],
  ['x-terrace-residency', 'moon'],
])('refuses %s: %s', (header, value) => {
  expect(() => requirementsFromHeaders({ [header]: value })).toThrow(InvalidRequestError);
});
