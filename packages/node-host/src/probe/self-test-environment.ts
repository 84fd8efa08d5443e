import os from 'node:os';
import type { SelfTestKey } from '@terrace/core';
import { readCpuInfo } from './cpu-info.js';
import { runtimeVersion } from './runtime-version.js';

/** What decides which kernels run on this host: a self-test holds as long as it stays the same. */
export function selfTestEnvironment(root = '/'): Pick<SelfTestKey, 'runtimeVersion' | 'cpu'> {
  const cpu = process.platform === 'linux' ? readCpuInfo(root) : undefined;
  const model = cpu?.model || os.cpus()[0]?.model || 'unknown';
  return { runtimeVersion: runtimeVersion(), cpu: [model, process.arch, ...(cpu?.features ?? [])].join(' ') };
}
