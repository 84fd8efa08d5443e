import type { MatMul } from '../../ports/mat-mul.js';
import type { Random } from '../../ports/random.js';
import { Adam } from './adam.js';
import { shuffled } from './shuffled.js';
import { slopesOf, type Batch, type Student } from './student.js';

export const BATCH_TEXTS = 64;

const LEARNING_RATES = { factors: 3e-3, head: 1e-2 };
const WARM_UP_SHARE = 0.05;
const DROPOUT_SHARE = 0.1;

/** One step of training. */
export interface Lesson {
  /** Rows of the job. */
  readonly rows: readonly number[];
  /** What learning rates are multiplied with, in (0, 1]: rising at first, then falling in a straight line. */
  readonly pace: number;
}

/** Each epoch has every row once, in an order of its own. */
export function lessonsOf(rows: readonly number[], epochs: number, random: Random): Lesson[] {
  const batches = Array.from({ length: epochs }, () => inBatches(shuffled(rows, random))).flat();
  const warmUp = Math.ceil(WARM_UP_SHARE * batches.length);
  return batches.map((batch, step) => ({
    rows: batch,
    pace: Math.min((step + 1) / warmUp, (batches.length - step) / (batches.length - warmUp + 1)),
  }));
}

export const inBatches = (rows: readonly number[]): number[][] =>
  Array.from({ length: Math.ceil(rows.length / BATCH_TEXTS) }, (_, i) =>
    rows.slice(i * BATCH_TEXTS, (i + 1) * BATCH_TEXTS),
  );

/** Trains one student, step by step. */
export class Trainer {
  readonly #adam = new Adam();
  readonly #student: Student;
  readonly #matMul: MatMul;
  readonly #random: Random;

  constructor(student: Student, { matMul, random }: { readonly matMul: MatMul; readonly random: Random }) {
    this.#student = student;
    this.#matMul = matMul;
    this.#random = random;
  }

  /** @returns the loss before the step */
  async step(batch: Batch, pace: number): Promise<number> {
    const { loss, slopes } = await slopesOf(this.#student, batch, {
      matMul: this.#matMul,
      dropout: { share: DROPOUT_SHARE, random: this.#random },
      learningRates: { factors: pace * LEARNING_RATES.factors, head: pace * LEARNING_RATES.head },
    });
    this.#adam.step(slopes);
    return loss;
  }
}
