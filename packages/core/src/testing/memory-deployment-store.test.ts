import { createFakeClock } from './fake-clock.js';
import { describeDeploymentStoreContract } from './deployment-store-contract.js';
import { createMemoryDeploymentStore, newDeploymentMemory } from './memory-deployment-store.js';

const turn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

describeDeploymentStoreContract('memory', async () => {
  const memory = newDeploymentMemory();
  const clocks = [createFakeClock(), createFakeClock()] as const;
  const [first, second] = clocks.map((clock) => createMemoryDeploymentStore({ clock, memory }));
  return {
    first: first!,
    second: second!,
    async pass(ms, who) {
      for (let left = ms; left > 0; left -= 1000) {
        await turn();
        for (const clock of who === 'both' ? clocks : clocks.slice(1)) clock.advance(1000);
      }
      await turn();
    },
  };
});
