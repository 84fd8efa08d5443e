import { join } from 'node:path';
import { readHead } from './read-text.js';

/** The first core's record is enough, and fits: x86 flags take up to 2 KB. */
const HEAD_BYTES = 4096;

/** What decides which kernels run. */
const KERNEL_FEATURES = new Set(
  [
    ['sse4_1', 'avx', 'fma', 'f16c', 'avx2', 'avx_vnni'],
    ['avx512f', 'avx512bw', 'avx512_vnni', 'avx512_bf16', 'avx512_fp16', 'amx_int8', 'amx_bf16'],
    ['neon', 'dotprod', 'fp16', 'i8mm', 'bf16', 'sve', 'sve2'],
  ].flat(),
);

/** Linux's names on 64-bit ARM, where they differ from everybody else's. */
const ARM_NAMES = new Map([
  ['asimd', 'neon'],
  ['asimddp', 'dotprod'],
  ['asimdhp', 'fp16'],
]);

export interface CpuInfo {
  /** Empty when the OS does not tell. */
  readonly model: string;
  readonly features: readonly string[];
}

/** Model and features from /proc/cpuinfo, or `undefined` where there is no such file. */
export function readCpuInfo(root: string): CpuInfo | undefined {
  const text = readHead(join(root, 'proc/cpuinfo'), HEAD_BYTES);
  return text === undefined ? undefined : parseCpuInfo(text);
}

/** ARM kernels name no model: implementer and part number identify it as well. */
export function parseCpuInfo(text: string): CpuInfo {
  const field = (name: string): string =>
    new RegExp(`^${name}[\\t ]*:[\\t ]*(.*)$`, 'mi').exec(text)?.[1]?.trim() ?? '';
  const part = field('CPU part');
  const arm = part === '' ? '' : `ARM implementer ${field('CPU implementer')} part ${part}`;
  return {
    model: field('model name') || arm,
    features: cpuFeatures(`${field('flags')} ${field('Features')}`),
  };
}

/** @param flags names as the OS gives them, separated by blanks; unknown ones are left out */
export function cpuFeatures(flags: string): string[] {
  const names = flags.toLowerCase().replaceAll('.', '_').split(/\s+/);
  const known = names.map((name) => ARM_NAMES.get(name) ?? name).filter((name) => KERNEL_FEATURES.has(name));
  return [...new Set(known)].toSorted();
}
