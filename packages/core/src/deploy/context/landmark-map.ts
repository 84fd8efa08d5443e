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
  const spaces = parts.map((part) => spaceOf(part.centres, part.width));
  return {
    width,
    features,
    parts,
    prior: priorOf(parts, spaces, features),
    featuresOf(row) {
      if (row.length !== width) throw new RangeError(`an embedding of ${row.length} numbers, not ${width}`);
      const out = new Float32Array(features);
      let at = 0;
      for (const [i, { from, width: own, rate }] of parts.entries()) {
        const { centres, lengths } = spaces[i]!;
        const unit = unitOf(row, from, own);
        const length = dot(unit, 0, unit, 0, own);
        for (let centre = 0; centre < lengths.length; centre++) {
          const distance = length + lengths[centre]! - 2 * dot(unit, 0, centres, centre * own, own);
          out[at++] = Math.exp(-rate * Math.max(0, distance));
        }
      }
      return out;
    },
  };
}

/** Landmarks as they are reckoned with. */
interface Space {
  readonly centres: Float64Array;
  /** Squared, by landmark. */
  readonly lengths: Float64Array;
}

const spaceOf = (values: Float32Array | Float64Array, width: number): Space => {
  const centres = Float64Array.from(values);
  const lengths = new Float64Array(centres.length / width);
  for (let i = 0; i < lengths.length; i++) lengths[i] = dot(centres, i * width, centres, i * width, width);
  return { centres, lengths };
};

/** Kernels between the landmarks of each part; there are as many kernels in the mean as parts. */
function priorOf(parts: readonly LandmarkPart[], spaces: readonly Space[], features: number): Packed {
  const prior = new Float64Array(packedLength(features));
  let first = 0;
  for (const [part, { centres, lengths }] of spaces.entries()) {
    const { width, rate } = parts[part]!;
    for (let i = 0; i < lengths.length; i++) {
      for (let j = 0; j <= i; j++) {
        const distance = lengths[i]! + lengths[j]! - 2 * dot(centres, i * width, centres, j * width, width);
        const kernel = i === j ? 1 + JITTER : Math.exp(-rate * Math.max(0, distance));
        prior[packedLength(first + i) + first + j] = parts.length * kernel;
      }
    }
    first += lengths.length;
  }
  return prior;
}

/** Lloyd's means, from random rows. */
function centresOf(rows: Float64Array, width: number, landmarks: number, random: Random): Float32Array {
  const count = rows.length / width;
  const chosen = sample(count, Math.min(landmarks, count), random);
  const first = new Float64Array(chosen.length * width);
  for (const [i, row] of chosen.entries()) first.set(rows.subarray(row * width, (row + 1) * width), i * width);
  let space = spaceOf(first, width);
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(first.length);
    const sizes = new Int32Array(chosen.length);
    for (let row = 0; row < rows.length; row += width) {
      const nearest = nearestTo(rows, row, space, width);
      sizes[nearest]!++;
      for (let k = 0; k < width; k++) sums[nearest * width + k]! += rows[row + k]!;
    }
    // A landmark that nothing is near stays where it is.
    for (let i = 0; i < sums.length; i++) {
      const size = sizes[Math.floor(i / width)]!;
      sums[i] = size > 0 ? sums[i]! / size : space.centres[i]!;
    }
    space = spaceOf(sums, width);
  }
  return Float32Array.from(space.centres);
}

function nearestTo(rows: Float64Array, row: number, { centres, lengths }: Space, width: number): number {
  let nearest = 0;
  let least = Infinity;
  for (let centre = 0; centre < lengths.length; centre++) {
    const distance = lengths[centre]! - 2 * dot(rows, row, centres, centre * width, width);
    if (distance >= least) continue;
    least = distance;
    nearest = centre;
  }
  return nearest;
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
function spread(rows: Float64Array, width: number): number {
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

function unitRows({ rows, columns, data }: Matrix, from: number, width: number): Float64Array {
  const out = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const unit = unitOf(data, row * columns + from, width);
    if (Number.isNaN(unit[0])) throw new RangeError(`row ${row} is not finite`);
    out.set(unit, row * width);
  }
  return out;
}

/** Of unit length; zeros stay, and what is not finite is NaN throughout. */
function unitOf(values: Float32Array, from: number, width: number): Float64Array {
  const unit = Float64Array.from(values.subarray(from, from + width));
  const squares = dot(unit, 0, unit, 0, width);
  if (!Number.isFinite(squares)) return unit.fill(NaN);
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 1;
  for (let i = 0; i < width; i++) unit[i]! *= scale;
  return unit;
}
