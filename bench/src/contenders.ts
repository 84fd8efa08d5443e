import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Block, BlockResult, ContenderSetup } from './contender.js';

export interface Contender {
  run(block: Block): Promise<BlockResult>;
  close(): void;
}

/** Starts a contender in a process of its own and waits until it is ready. */
export async function openContender(setup: ContenderSetup): Promise<Contender> {
  const child = fork(fileURLToPath(new URL('./contender.js', import.meta.url)), [JSON.stringify(setup)]);
  await once(child, 'message');
  return {
    async run(block) {
      const answer = once(child, 'message');
      child.send(block);
      const [result] = (await answer) as [BlockResult];
      return result;
    },
    close: () => void child.kill(),
  };
}

export const requestsPerSecond = ({ totalMs, latenciesMs }: BlockResult): number =>
  (latenciesMs.length / totalMs) * 1000;
