import { describe, expect, it } from 'vitest';
import { createFakeTextGraph } from '../../testing/fake-text-graph.js';
import { createPrefixCache } from '../kv/prefix-cache.js';
import { PromptReading } from './prompt-reading.js';

const CHUNK = 64;

/** @returns how many tokens each run took */
async function read(tokens: number, sharedTokens: number, mostTokens?: number): Promise<number[]> {
  const fake = createFakeTextGraph({ chunkTokens: CHUNK });
  const runs: number[] = [];
  const graph = {
    ...fake,
    run: (feed: Parameters<typeof fake.run>[0]) => (runs.push(feed.columns), fake.run(feed)),
  };
  const prefixes = createPrefixCache<ReturnType<typeof fake.empty>>({
    limitBytes: 1e9,
    bytesPerToken: fake.bytesPerToken,
  });
  const ids = Int32Array.from({ length: tokens }, (_, at) => at);
  const reading = new PromptReading({ ids, sharedTokens, trimmedMessages: 0 }, graph, prefixes);
  while (!(await reading.step(mostTokens)));
  return runs;
}

describe('reading a prompt', () => {
  it('ends a chunk where a long shared beginning does, so that it can be kept', async () => {
    expect(await read(100, 50)).toEqual([50, 50]);
    expect(await read(200, 150)).toEqual([64, 64, 22, 50]);
  });

  it('takes no run more for a short one: that costs more than it saves', async () => {
    expect(await read(40, 24)).toEqual([40]);
  });

  it('leaves no single token for the last run, whatever the size of chunks: it would be rounded otherwise', async () => {
    expect(await read(65, 0)).toEqual([63, 2]);
    expect(await read(65, 0, 32)).toEqual([32, 31, 2]);
    expect(await read(101, 50, 49)).toEqual([48, 2, 49, 2]);
    expect(await read(1, 0)).toEqual([1]);
  });
});
