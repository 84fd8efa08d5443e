/** The largest exponent of binary16 means infinity. */
const INFINITE = 0x7c00;

/**
 * Binary32 to IEEE 754 binary16, to the nearest value and to the even one of two that are equally near.
 * @returns the bits of each value
 * @throws RangeError for a value that is not finite, or is beyond 65504 by half a step or more
 */
export function toHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(values, (value, i) => {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const exponent = ((bits[i]! >>> 23) & 0xff) - 112;
    // What is smaller than the normal numbers is counted in the smallest step there is.
    const steps = exponent > 0 ? exponent * 0x400 + (bits[i]! & 0x7fffff) / 0x2000 : Math.abs(value) * 2 ** 24;
    const half = toEven(steps);
    if (half >= INFINITE) throw new RangeError(`${value} is beyond what 16 bits hold`);
    return sign | half;
  });
}

function toEven(steps: number): number {
  const below = Math.floor(steps);
  const rest = steps - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
