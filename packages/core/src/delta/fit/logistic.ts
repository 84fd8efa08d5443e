import type { Held, MatMul, Matrix } from '../../ports/mat-mul.js';
import type { FitPart } from './fit-watch.js';
import { minimise } from './lbfgs.js';
import { crossEntropySlope } from './softmax.js';

interface LogisticAsk {
  /** [rows, features + 1], centred; the last column is the constant of the bias */
  readonly features: Matrix | Held;
  /** [rows] */
  readonly truth: Int32Array;
  /** [rows]; all 1 where it is absent */
  readonly weights?: Float32Array | undefined;
  /** [labels, features + 1]: what parameters are drawn to. */
  readonly prior: Matrix;
  /** Where to begin; at the prior without it. */
  readonly start?: Matrix | undefined;
  /** The inverse of scikit-learn's `C`: of the sum of losses, not of their mean. */
  readonly penalty: number;
  /** [labels, features + 1]: 1 where a parameter stays as it starts; all move without it. */
  readonly fixed?: Uint8Array | undefined;
  /** Stops when a step gains less than this share of the loss. */
  readonly tolerance: number;
  readonly part: FitPart;
}

/**
 * Multinomial logistic regression with a penalty on the squared distance from a prior, by L-BFGS; the bias goes free.
 * @returns [labels, features + 1]
 * @throws EngineError, the signal's reason
 */
export async function fitLogistic(ask: LogisticAsk, matMul: MatMul): Promise<Matrix> {
  const { features, truth, weights, prior, penalty, fixed, tolerance, part } = ask;
  const { rows, columns } = prior;

  const evaluate = async (point: Float32Array<ArrayBuffer>) => {
    part.tick();
    const logits = await matMul.multiply(features, { rows, columns, data: point }, 'second');
    const loss = crossEntropySlope(logits, truth, weights);
    const { data: gradient } = await matMul.multiply(logits, features, 'first');
    const value = loss + penalise({ point, prior, penalty, gradient });
    if (fixed) for (let i = 0; i < gradient.length; i++) if (fixed[i] === 1) gradient[i] = 0;
    return { value, gradient };
  };

  const start = (ask.start ?? prior).data;
  const data = await minimise({ start, evaluate, tolerance, limit: part.limit });
  part.end();
  return { rows, columns, data };
}

interface Penalised {
  readonly point: Float32Array;
  readonly prior: Matrix;
  readonly penalty: number;
  /** Gets the penalty's part added. */
  readonly gradient: Float32Array;
}

function penalise({ point, prior, penalty, gradient }: Penalised): number {
  const width = prior.columns;
  let squares = 0;
  for (let from = 0; from < point.length; from += width)
    for (let j = from; j < from + width - 1; j++) {
      const off = point[j]! - prior.data[j]!;
      squares += off * off;
      gradient[j]! += penalty * off;
    }
  return (penalty / 2) * squares;
}
