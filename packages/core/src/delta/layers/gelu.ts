/**
 * x times the normal distribution function of x, and its derivative. The error function is Abramowitz and Stegun's
 * 7.1.26, within 1.5e-7; its exponential is the density that the derivative needs as well.
 * @param values replaced by the derivatives
 * @returns the function's values
 * @see Hendrycks and Gimpel, Gaussian error linear units (2016)
 */
export function gelu(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const outputs = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    const z = Math.abs(x) * Math.SQRT1_2;
    const exponential = Math.exp(-z * z);
    const t = 1 / (1 + 0.3275911 * z);
    const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    const upper = 0.5 * series * exponential;
    const share = x < 0 ? upper : 1 - upper;
    outputs[i] = x * share;
    values[i] = share + x * exponential * INVERSE_ROOT_OF_TWO_PI;
  }
  return outputs;
}

const INVERSE_ROOT_OF_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
