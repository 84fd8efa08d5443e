/** Of the tables; beyond 8 standard deviations the distribution is 0 or 1 in float. */
const [STEPS, LIMIT] = [512, 8];

/**
 * The normal distribution's function, and its density, at every 512th: between two of them a straight line is within
 * 2e-7, and an exponential for every value would take longer than the products with weights around it.
 */
const DISTRIBUTION = Float64Array.from({ length: 2 * LIMIT * STEPS + 2 }, (_, i) => distribution(i / STEPS - LIMIT));
const DENSITY = Float64Array.from({ length: 2 * LIMIT * STEPS + 2 }, (_, i) => density(i / STEPS - LIMIT));

/**
 * x times the normal distribution function of x, and its derivative.
 * @param values replaced by the derivatives
 * @returns the function's values
 * @see Hendrycks and Gimpel, Gaussian error linear units (2016)
 */
export function gelu(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const outputs = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    const at = (Math.min(Math.max(x, -LIMIT), LIMIT) + LIMIT) * STEPS;
    const step = Math.floor(at);
    const rest = at - step;
    const share = DISTRIBUTION[step]! + rest * (DISTRIBUTION[step + 1]! - DISTRIBUTION[step]!);
    outputs[i] = x * share;
    values[i] = share + x * (DENSITY[step]! + rest * (DENSITY[step + 1]! - DENSITY[step]!));
  }
  return outputs;
}

/** Within 1.5e-7. @see Abramowitz and Stegun, Handbook of mathematical functions (1964), 7.1.26 */
function distribution(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x) * Math.SQRT1_2);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const beyond = 0.5 * series * Math.exp((-x * x) / 2);
  return x < 0 ? beyond : 1 - beyond;
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}
