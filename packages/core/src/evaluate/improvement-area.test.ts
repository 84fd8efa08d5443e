import { expect, it } from 'vitest';
import { improvementArea } from './improvement-area.js';

it('is the mean height of the hull between two costs', () => {
  const points = [
    { cost: 0, quality: 0.5 },
    { cost: 1, quality: 1 },
  ];
  expect(improvementArea(points, 0, 1)).toBeCloseTo(0.75, 12);
  expect(improvementArea(points, 0, 2)).toBeCloseTo(0.875, 12);
  expect(improvementArea(points, 0.5, 1)).toBeCloseTo(0.875, 12);
});

it('passes over what lies below the hull or costs more than all share', () => {
  const corners = [
    { cost: 0, quality: 0.5 },
    { cost: 1, quality: 0.9 },
  ];
  const beside = [
    { cost: 0.5, quality: 0.6 },
    { cost: 1.5, quality: 0.8 },
    { cost: 0, quality: 0.4 },
    { cost: 3, quality: 1 },
  ];
  expect(improvementArea([...beside, ...corners], 0, 2)).toBeCloseTo(improvementArea(corners, 0, 2), 12);
});

it('counts nothing left of the first point, and has no area of nothing', () => {
  expect(improvementArea([{ cost: 1, quality: 0.8 }], 0, 2)).toBeCloseTo(0.4, 12);
  expect(improvementArea([], 0, 1)).toBeNaN();
  expect(improvementArea([{ cost: 0, quality: 1 }], 1, 1)).toBeNaN();
});
