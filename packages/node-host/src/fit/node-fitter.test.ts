import { RuntimeClosedError } from '@terrace/core';
import type { FitterProgress, HeadJob } from '@terrace/core/deltas';
import { seededRandom } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { shippedModel } from '../engine/testing/shipped-model.js';
import { NodeFitter } from './node-fitter.js';

/** The bundled one, as for engines: a thread of Vitest would look for core's sources. */
const workerUrl = new URL('../../dist/bundle/fit-worker.js', import.meta.url);

function opened(): NodeFitter {
  const fitter = new NodeFitter({ workerUrl });
  onTestFinished(() => fitter.close());
  return fitter;
}

/** Rows of one-hot features with some noise. */
function job(rows: number, labels: number): HeadJob {
  const random = seededRandom(1);
  const truth = Int32Array.from({ length: rows }, (_, row) => row % labels);
  const data = Float32Array.from(
    { length: rows * labels },
    (_, at) => (at % labels === truth[Math.floor(at / labels)] ? 1 : 0) + 0.2 * random(),
  );
  const names = Array.from({ length: labels }, (_, label) => `label ${label}`);
  return { labels: names, truth, features: { rows, columns: labels, data }, seed: 1, crossValidate: false };
}

const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('the fitter of Node', () => {
  it('fits a head in a thread and tells how far it is', async () => {
    const told: FitterProgress[] = [];
    const { head } = await opened().fitHead(job(60, 3), { onProgress: (progress) => told.push(progress) });
    expect([head.labels.length, head.weight.length, head.bias.length]).toEqual([3, 9, 3]);
    expect(told.length).toBeGreaterThan(1);
    expect(told.every(({ done, total }) => done > 0 && done <= total)).toBe(true);
  });

  it('makes one job after the other, and what cannot be fitted does not hinder the next', async () => {
    const fitter = opened();
    const jobs = [fitter.fitHead(job(40, 2)), reasonOf(fitter.fitHead(job(3, 3))), fitter.fitHead(job(40, 2))];
    const [first, refused, last] = await Promise.all(jobs);
    expect(refused).toMatchObject({ code: 'INVALID_DATA' });
    expect(last).toEqual(first);
  });

  it('stops at once for who asks, and goes on for the next', async () => {
    const fitter = opened();
    await fitter.fitHead(job(40, 2));
    const control = new AbortController();
    const reason = new Error('changed my mind');
    const stopped = reasonOf(
      fitter.fitHead(job(6000, 60), { signal: control.signal, onProgress: () => control.abort(reason) }),
    );
    expect(await stopped).toBe(reason);
    const startMs = performance.now();
    await fitter.fitHead(job(40, 2));
    expect(performance.now() - startMs).toBeLessThan(2000);
  });

  it('tries factors on the weights of a model, and says nothing where there is no time for them', async () => {
    const { model } = await shippedModel('base', 'q4', 5);
    const head = { labels: ['0', '1'], weight: new Float32Array(2 * 384), bias: new Float32Array(2) };
    const texts = Array.from({ length: 40 }, (_, row) => `${row % 2 ? 'freeze' : 'open'} account ${row}`);
    const { labels, truth, seed } = job(40, 2);
    const fitted = opened().fitFactors({
      labels,
      truth,
      seed,
      model,
      texts,
      frozen: head,
      budgetMs: 1,
    });
    expect(await fitted).toBeUndefined();
  });

  it('refuses weights that are not those of the catalog', async () => {
    const { model } = await shippedModel('base', 'q4', 5);
    const weights = { ...model.weights, sha256: '0'.repeat(64) };
    const { labels, truth, seed } = job(4, 2);
    const head = { labels, weight: new Float32Array(4), bias: new Float32Array(2) };
    const call = opened().fitFactors({
      labels,
      truth,
      seed,
      texts: ['a', 'b', 'c', 'd'],
      budgetMs: 1,
      model: { ...model, weights },
      frozen: head,
    });
    expect(await reasonOf(call)).toMatchObject({ code: 'ARTIFACT_CORRUPT' });
  });

  it('ends what is under way when it is closed', async () => {
    const fitter = opened();
    const call = reasonOf(fitter.fitHead(job(6000, 60)));
    await fitter.close();
    expect(RuntimeClosedError.isInstance(await call)).toBe(true);
    expect(RuntimeClosedError.isInstance(await reasonOf(fitter.fitHead(job(40, 2))))).toBe(true);
  });
});
