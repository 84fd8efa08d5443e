import type { SelfTestBasis, SelfTestVerdict, LocalTier } from '@terrace/core';
import { runtimeVersion } from '../../probe/runtime-version.js';
import type { Finding } from './doctor-context.js';

const BASES: Readonly<Record<SelfTestBasis, string>> = {
  golden: 'golden outputs',
  cpu: 'the answers of cpu',
  wasm: 'the answers of wasm',
  form: 'their form alone, for want of golden outputs',
};

/** What the self-test says of a variant with a provider, in words and in numbers. */
export function describeVerdict(
  name: string,
  { model, variant }: LocalTier,
  provider: string,
  verdict: SelfTestVerdict,
  answers: string,
): Finding {
  const version = runtimeVersion();
  const selfTest = { variant: variant.weights.sha256, provider, runtimeVersion: version, ...verdict };
  const numbers = Object.entries(verdict.numbers).map(([key, value]) => `${inWords(key)} ${Number(value.toFixed(4))}`);
  const measured = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
  const by = `judged by ${BASES[verdict.basis]}, ORT ${version}`;
  if (verdict.kind === 'passed') {
    return { name, state: 'ok', found: `self-test passed with ${provider}${measured}, ${by}; ${answers}`, selfTest };
  }
  return {
    name,
    state: 'problem',
    found: `self-test failed with ${provider}: ${verdict.reason}${measured}, ${by}; it is not used`,
    fix: `Check the files with \`terrace models verify\`. If they are sound, ${provider} computes ${model.id} ${variant.dtype} wrongly: update its driver or ONNX Runtime, then run \`terrace doctor\` again.`,
    selfTest,
  };
}

/** `meanCosine` as "mean cosine". */
const inWords = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
