import { EngineError } from '@terrace/core';
import { GEMM_GRAPHS, productShape, type Held, type MatMul, type Matrix, type Transposed } from '@terrace/core/deltas';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Requests keep the other cores. */
const OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 3,
} as const satisfies InferenceSession.SessionOptions;

class HeldTensor implements Held {
  readonly rows: number;
  readonly columns: number;
  readonly tensor: Tensor;

  constructor(matrix: Matrix) {
    this.rows = matrix.rows;
    this.columns = matrix.columns;
    this.tensor = toTensor(matrix);
  }

  letGo(): void {
    this.tensor.dispose();
  }
}

/** Products by the kernels of onnxruntime-node on one core, on the calling thread. */
export function createOrtMatMul(): MatMul {
  const sessions = new Map<Transposed, Promise<InferenceSession>>();

  const sessionFor = (transposed: Transposed): Promise<InferenceSession> => {
    const known = sessions.get(transposed);
    if (known) return known;
    const opening = InferenceSession.create(Buffer.from(GEMM_GRAPHS[transposed], 'base64'), OPTIONS);
    sessions.set(transposed, opening);
    opening.catch(() => sessions.delete(transposed));
    return opening;
  };

  return {
    async multiply(first, second, transposed = 'neither') {
      const { rows, inner, columns } = productShape(first, second, transposed);
      if (rows * inner * columns === 0) return { rows, columns, data: new Float32Array(rows * columns) };
      try {
        const session = await sessionFor(transposed);
        const { y } = await session.run({ a: tensorOf(first), b: tensorOf(second) });
        return { rows, columns, data: (y as Tensor).data as Float32Array<ArrayBuffer> };
      } catch (cause) {
        throw failed(cause, { rows, inner, columns });
      }
    },
    hold: (matrix) => new HeldTensor(matrix),
    async close() {
      const opened = await Promise.allSettled(sessions.values());
      sessions.clear();
      for (const opening of opened) if (opening.status === 'fulfilled') await opening.value.release();
    },
  };
}

const tensorOf = (matrix: Matrix | Held): Tensor =>
  matrix instanceof HeldTensor ? matrix.tensor : toTensor(matrix as Matrix);

const toTensor = ({ rows, columns, data }: Matrix): Tensor => new Tensor('float32', data, [rows, columns]);

function failed(cause: unknown, facts: Readonly<Record<string, number>>): EngineError {
  return new EngineError({
    message: 'A matrix product failed while fitting.',
    hint: 'Close other programs if memory is short, then fit again; `terrace doctor` tells which runtime this is.',
    facts,
    cause,
  });
}
