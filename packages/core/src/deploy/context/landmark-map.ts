import type { Matrix } from '../../ports/mat-mul.js';
import type { Random } from '../../ports/random.js';
import { dot, packedLength, type Packed } from './cholesky.js';

/** Where the embedding of one model lies in a row, and the landmarks in its space. */
export interface LandmarkPart {
  readonly from: number;
  readonly width: number;
  /** [landmarks, width], of unit length where embeddings are. */
  readonly centres: Float32Array;
  /** Of exp(-rate * squared distance). */
  readonly rate: number;
}

/**
 * Radial features of embeddings: how near a request is to each of a few landmarks. Weights of them are a radial basis
 * network; with the prior here it is kernel ridge regression on a Nystroem approximation of the kernel, which is the mean of the
 * parts' Gaussian kernels. Landmarks are means of many embeddings: no single request is kept.
 */
export interface LandmarkMap {
  /** Of an embedding row. */
  readonly width: number;
  readonly features: number;
  readonly parts: readonly LandmarkPart[];
  /** [features]; NaN throughout where the embedding is not finite. @param row [width], as the models give it */
  featuresOf(row: Float32Array): Float32Array;
  /** Of weights on these features, up to the strength. */
  readonly prior: Packed;
}

/** exp(-3) at the mean squared distance between two requests: near ones speak for each other, others hardly. */
const LOCALITY = 3;
const ROUNDS = 6;
/** Landmarks that coincide would make the prior singular. */
const JITTER = 1e-5;

export interface LandmarkSample {
  /** One row a request; of several models their embeddings one after the other. */
  readonly embeddings: Matrix;
  /** Widths of the models' embeddings; they sum to the columns. */
  readonly widths: readonly number[];
  /** Of each model; fewer where there are fewer rows. */
  readonly landmarks: number;
  readonly random: Random;
}

/** @throws RangeError for no rows, and for rows that are not finite */
export function fitLandmarks({ embeddings, widths, landmarks, random }: LandmarkSample): LandmarkMap {
  if (embeddings.rows === 0) throw new RangeError('landmarks need rows');
  let from = 0;
  const parts = widths.map((width): LandmarkPart => {
    const rows = unitRows(embeddings, from, width);
    const part = {
      from,
      width,
      centres: centresOf(rows, width, landmarks, random),
      rate: LOCALITY / spread(rows, width),
    };
    from += width;
    return part;
  });
  return landmarkMap(parts);
}

/** The map of landmarks that are known. */
export function landmarkMap(parts: readonly LandmarkPart[]): LandmarkMap {
  const countOf = ({ centres, width }: LandmarkPart): number => centres.length / width;
  const features = parts.reduce((sum, part) => sum + countOf(part), 0);
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  return {
    width,
    features,
    parts,
    prior: priorOf(parts, features),
    featuresOf(row) {
      if (row.length !== width) throw new RangeError(`an embedding of ${row.length} numbers, not ${width}`);
      const out = new Float32Array(features);
      let at = 0;
      for (const { from, width: own, centres, rate } of parts) {
        const unit = row.slice(from, from + own);
        normalise(unit);
        for (let centre = 0; centre < centres.length; centre += own) {
          out[at++] = Math.exp(-rate * squaredDistance(unit, 0, centres, centre, own));
        }
      }
      return out;
    },
  };
}

/** Kernels between the landmarks of each part; there are as many kernels in the mean as parts. */
function priorOf(parts: readonly LandmarkPart[], features: number): Packed {
  const prior = new Float64Array(packedLength(features));
  let first = 0;
  for (const { centres, width, rate } of parts) {
    const count = centres.length / width;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        const kernel = Math.exp(-rate * squaredDistance(centres, i * width, centres, j * width, width));
        prior[packedLength(first + i) + first + j] = parts.length * (kernel + (i === j ? JITTER : 0));
      }
    }
    first += count;
  }
  return prior;
}

/** Lloyd's means, from random rows. */
function centresOf(rows: Float32Array, width: number, landmarks: number, random: Random): Float32Array {
  const count = rows.length / width;
  const chosen = sample(count, Math.min(landmarks, count), random);
  const centres = new Float32Array(chosen.length * width);
  for (const [i, row] of chosen.entries()) centres.set(rows.subarray(row * width, (row + 1) * width), i * width);
  const sums = new Float64Array(centres.length);
  const sizes = new Int32Array(chosen.length);
  for (let round = 0; round < ROUNDS; round++) {
    sums.fill(0);
    sizes.fill(0);
    const lengths = Float64Array.from(chosen, (_, i) => dot(centres, i * width, centres, i * width, width));
    for (let row = 0; row < rows.length; row += width) {
      let nearest = 0;
      let least = Infinity;
      for (let centre = 0; centre < chosen.length; centre++) {
        const distance = lengths[centre]! - 2 * dot(rows, row, centres, centre * width, width);
        if (distance >= least) continue;
        least = distance;
        nearest = centre;
      }
      sizes[nearest]!++;
      for (let k = 0; k < width; k++) sums[nearest * width + k]! += rows[row + k]!;
    }
    for (let centre = 0; centre < chosen.length; centre++) {
      if (sizes[centre] === 0) continue;
      for (let k = centre * width; k < (centre + 1) * width; k++) centres[k] = sums[k]! / sizes[centre]!;
    }
  }
  return centres;
}

function sample(count: number, wanted: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < wanted; i++) {
    const j = i + Math.floor(random() * (count - i));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, wanted);
}

/** Mean squared distance between two rows: twice the variance. Rows that are all alike have none. */
function spread(rows: Float32Array, width: number): number {
  const count = rows.length / width;
  const mean = new Float64Array(width);
  let squares = 0;
  for (let i = 0; i < rows.length; i++) {
    mean[i % width]! += rows[i]! / count;
    squares += (rows[i]! * rows[i]!) / count;
  }
  const variance = squares - mean.reduce((sum, value) => sum + value * value, 0);
  return variance > 1e-9 ? 2 * variance : 1;
}

function unitRows({ rows, columns, data }: Matrix, from: number, width: number): Float32Array {
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const unit = data.slice(row * columns + from, row * columns + from + width);
    normalise(unit);
    if (Number.isNaN(unit[0])) throw new RangeError(`row ${row} is not finite`);
    out.set(unit, row * width);
  }
  return out;
}

/** To unit length; zeros stay, and what is not finite becomes NaN throughout. */
function normalise(values: Float32Array): void {
  let squares = 0;
  for (const value of values) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 1;
  for (let i = 0; i < values.length; i++) values[i] = Number.isFinite(squares) ? values[i]! * scale : NaN;
}

function squaredDistance(a: Float32Array, atA: number, b: Float32Array, atB: number, width: number): number {
  const lengths = dot(a, atA, a, atA, width) + dot(b, atB, b, atB, width);
  return Math.max(0, lengths - 2 * dot(a, atA, b, atB, width));
}
