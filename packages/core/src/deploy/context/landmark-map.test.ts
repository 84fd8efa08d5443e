import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { createContextModel } from './create-context-model.js';
import { ArtifactCorruptError } from '../../errors/artifact-corrupt-error.js';
import { keepContext, readKeptContext } from './kept-context.js';
import { fitLandmarks, landmarkMap } from './landmark-map.js';

/** Requests about four circles of things, each in a direction of its own. */
function circles(rows: number, columns: number, seed: number) {
  const random = seededRandom(seed);
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      data[row * columns + column] = (column === row % 4 ? 3 : 0) + random() - 0.5;
  return { rows, columns, data };
}

describe('landmarks among embeddings', () => {
  it('are near what they were made of, and their features lie between 0 and 1', () => {
    const embeddings = circles(200, 16, 1);
    const map = fitLandmarks({ embeddings, widths: [10, 6], landmarks: 8, random: seededRandom(2) });
    expect(map.features).toBe(16);
    const features = map.featuresOf(embeddings.data.slice(0, 16));
    for (const value of features) expect(value).toBeGreaterThanOrEqual(0);
    expect(Math.max(...features)).toBeLessThanOrEqual(1);
    expect(Math.max(...features.subarray(0, 8))).toBeGreaterThan(0.7);
  });

  it('tell apart what differs by direction, whatever the length', () => {
    const embeddings = circles(400, 12, 1);
    const map = fitLandmarks({ embeddings, widths: [12], landmarks: 8, random: seededRandom(2) });
    const { features, prior } = map;
    const model = createContextModel({ features, arms: ['odd', 'even'], prior });
    const row = (i: number) => embeddings.data.slice(i * 12, (i + 1) * 12);
    for (let i = 0; i < 400; i++)
      for (const arm of [0, 1])
        model.learn({
          features: map.featuresOf(row(i)),
          arm,
          reward: i % 2 === arm ? 0.2 : 0.8,
          cost: 1,
          propensity: 1,
        });
    const [shifts, factors] = [new Float64Array(2), new Float64Array(2)];
    for (const i of [0, 1, 2, 3]) {
      model.predict(map.featuresOf(row(i).map((value) => value * 1000)), shifts, factors);
      expect(shifts[1 - (i % 2)]! - shifts[i % 2]!).toBeGreaterThan(0.4);
      expect(factors[0]).toBeCloseTo(1, 6);
    }
  });

  it('bear rows that are all alike, and few of them', () => {
    const data = new Float32Array(3 * 4).fill(1);
    const map = fitLandmarks({
      embeddings: { rows: 3, columns: 4, data },
      widths: [4],
      landmarks: 8,
      random: seededRandom(2),
    });
    expect(map.features).toBe(3);
    const model = createContextModel({ features: 3, arms: ['a'], prior: map.prior });
    for (let i = 0; i < 50; i++)
      model.learn({ features: map.featuresOf(data.slice(0, 4)), arm: 0, reward: i % 2, cost: 1, propensity: 1 });
    const [shifts, factors] = [new Float64Array(1), new Float64Array(1)];
    model.predict(map.featuresOf(Float32Array.of(0, 0, 0, 9)), shifts, factors);
    expect(Number.isFinite(shifts[0])).toBe(true);
  });

  it('know nothing of what is no embedding', () => {
    const embeddings = circles(20, 4, 1);
    const sample = { embeddings, widths: [4], landmarks: 4, random: seededRandom(2) };
    const map = fitLandmarks(sample);
    expect([...map.featuresOf(Float32Array.of(1, NaN, 0, 0))].every(Number.isNaN)).toBe(true);
    expect(map.featuresOf(new Float32Array(4)).every(Number.isFinite)).toBe(true);
    expect([...map.featuresOf(new Float32Array(4).fill(3e38))].every(Number.isFinite)).toBe(true);
    expect(() => map.featuresOf(new Float32Array(5))).toThrow(RangeError);
    expect(() => fitLandmarks({ ...sample, embeddings: { rows: 0, columns: 4, data: new Float32Array(0) } })).toThrow(
      RangeError,
    );
    const broken = { ...embeddings, data: embeddings.data.map((value, i) => (i === 5 ? Infinity : value)) };
    expect(() => fitLandmarks({ ...sample, embeddings: broken })).toThrow(RangeError);
  });

  it('are the same again from their parts', () => {
    const embeddings = circles(50, 6, 1);
    const map = fitLandmarks({ embeddings, widths: [4, 2], landmarks: 4, random: seededRandom(2) });
    const row = embeddings.data.slice(0, 6);
    expect(landmarkMap(map.parts).featuresOf(row)).toEqual(map.featuresOf(row));
  });

  it('are kept as text with what was learnt of them, and read again', () => {
    const embeddings = circles(50, 6, 1);
    const landmarks = fitLandmarks({ embeddings, widths: [4, 2], landmarks: 4, random: seededRandom(2) });
    const { features, prior } = landmarks;
    const model = createContextModel({ features, arms: ['a', 'b'], prior });
    const row = (i: number) => landmarks.featuresOf(embeddings.data.slice(i * 6, (i + 1) * 6));
    for (let i = 0; i < 50; i++)
      model.learn({ features: row(i), arm: i % 2, reward: (i % 4) / 3, cost: i / 100, propensity: 0.5 });
    const kept = keepContext({ landmarks, model }, 'x+y');
    const text = JSON.stringify(kept);
    const by = { embedding: 'x+y', widths: [4, 2] };
    const again = readKeptContext(JSON.parse(text), by, 'context.json');
    expect(again.landmarks.featuresOf(embeddings.data.slice(0, 6))).toEqual(row(0));
    expect(keepContext(again, 'x+y')).toEqual(kept);
    for (const value of [
      null,
      3,
      {},
      { ...kept, landmarks: [null] },
      { ...kept, landmarks: [] },
      { ...kept, weights: {} },
    ])
      expect(() => readKeptContext(value, by, 'context.json')).toThrow(ArtifactCorruptError);
    for (const other of [
      { ...by, embedding: 'x' },
      { ...by, widths: [2, 4] },
      { ...by, widths: [6] },
    ])
      expect(() => readKeptContext(JSON.parse(text), other, 'context.json')).toThrow(ArtifactCorruptError);
  });
});
