import { EngineError } from '@terrace/core/engine';
import { GEMM_GRAPHS, productShape, type Held, type MatMul, type Matrix, type Transposed } from '@terrace/core/deltas';
import type { InferenceSession } from 'onnxruntime-web';
import { SESSION_OPTIONS, type OrtRuntime } from '../engine/ort-runtime.js';

/** A copy into WebAssembly's memory costs one hundredth of a large product: what is held stays where it is. */
interface HeldMatrix extends Held, Matrix {}

/** Products by the WebAssembly kernels that run models, in the worker that calls it. */
export function createOrtMatMul({ InferenceSession: Session, Tensor }: OrtRuntime): MatMul {
  const sessions = new Map<Transposed, Promise<InferenceSession>>();
  let last: Promise<unknown> = Promise.resolve();

  const sessionOf = (transposed: Transposed): Promise<InferenceSession> => {
    const known = sessions.get(transposed);
    if (known) return known;
    const graph = Uint8Array.from(atob(GEMM_GRAPHS[transposed]), (char) => char.charCodeAt(0));
    const session = Session.create(graph, { ...SESSION_OPTIONS, executionProviders: ['wasm'] });
    sessions.set(transposed, session);
    session.catch(() => sessions.delete(transposed));
    return session;
  };
  const toTensor = (matrix: Matrix | Held): InstanceType<typeof Tensor> => {
    const { data, rows, columns } = matrix as Matrix;
    return new Tensor('float32', data, [rows, columns]);
  };
  const run = async (first: Matrix | Held, second: Matrix | Held, transposed: Transposed): Promise<Matrix['data']> => {
    const session = await sessionOf(transposed);
    const { y } = await session.run({ a: toTensor(first), b: toTensor(second) });
    return y!.data as Matrix['data'];
  };

  return {
    async multiply(first, second, transposed = 'neither') {
      const { rows, inner, columns } = productShape(first, second, transposed);
      // Kernels are not asked for what has nothing in it.
      if (rows * inner * columns === 0) return { rows, columns, data: new Float32Array(rows * columns) };
      const product = last.then(() => run(first, second, transposed));
      last = product.catch(() => undefined);
      try {
        return { rows, columns, data: await product };
      } catch (cause) {
        throw failed({ rows, inner, columns }, cause);
      }
    },
    hold: (matrix): HeldMatrix => ({ ...matrix, letGo: () => undefined }),
    async close() {
      const open = await Promise.allSettled(sessions.values());
      sessions.clear();
      for (const each of open) if (each.status === 'fulfilled') await each.value.release();
    },
  };
}

const failed = ({ rows, inner, columns }: Record<'rows' | 'inner' | 'columns', number>, cause: unknown): EngineError =>
  new EngineError({
    message: `A product of ${rows} x ${inner} by ${inner} x ${columns} failed in ONNX Runtime.`,
    hint: 'Close other tabs, or fit fewer examples: it may be short of memory.',
    facts: { rows, inner, columns },
    cause,
  });
