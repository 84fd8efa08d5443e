import { expect, it } from 'vitest';
import { createGroupCommit } from './group-commit.js';

function recorder({ fail = () => false }: { fail?: (items: readonly number[]) => boolean } = {}) {
  const writes: number[][] = [];
  const write = async (items: readonly number[]): Promise<void> => {
    if (fail(items)) throw new Error(`refused ${items.join()}`);
    writes.push([...items]);
  };
  return { writes, write };
}

it('writes callers of one turn together, in the order of their calls', async () => {
  const { writes, write } = recorder();
  const commits = createGroupCommit({ write, byItems: () => true });
  await Promise.all([commits.add([1, 2]), commits.add([3]), commits.add([4])]);
  expect(writes).toEqual([[1, 2, 3, 4]]);
});

it('gathers the callers that arrive while a group is being written into the next one', async () => {
  const writes: number[][] = [];
  let finish = (): void => {};
  const write = (items: readonly number[]) =>
    new Promise<void>((resolve) => {
      writes.push([...items]);
      finish = resolve;
    });
  const commits = createGroupCommit({ write, byItems: () => true });
  const first = commits.add([1]);
  while (writes.length === 0) await new Promise(setImmediate);
  const later = [commits.add([2]), commits.add([3])];
  await new Promise(setImmediate);
  expect(writes).toEqual([[1]]);
  finish();
  await first;
  while (writes.length === 1) await new Promise(setImmediate);
  expect(writes).toEqual([[1], [2, 3]]);
  finish();
  await Promise.all(later);
});

it('resolves a caller only after its own write', async () => {
  const { writes, write } = recorder();
  const commits = createGroupCommit({ write, byItems: () => true });
  await commits.add([1]).then(() => expect(writes).toEqual([[1]]));
});

it('splits callers into bounded groups and never splits a caller', async () => {
  const { writes, write } = recorder();
  const commits = createGroupCommit({ write, byItems: () => true });
  await Promise.all([60, 60, 250, 1].map((length) => commits.add(Array.from({ length }, () => 0))));
  expect(writes.map((items) => items.length)).toEqual([60, 60, 250, 1]);
});

it('fails only the caller at fault when a shared write fails by its items', async () => {
  const { writes, write } = recorder({ fail: (items) => items.includes(13) });
  const commits = createGroupCommit({ write, byItems: () => true });
  const results = await Promise.allSettled([commits.add([1]), commits.add([13, 14]), commits.add([2])]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(writes).toEqual([[1], [2]]);
});

it('fails every caller of a group at once when the failure is not by its items', async () => {
  let attempts = 0;
  const write = async (): Promise<void> => {
    attempts += 1;
    throw new Error('locked');
  };
  const commits = createGroupCommit<number>({ write, byItems: () => false });
  const results = await Promise.allSettled([commits.add([1]), commits.add([2])]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(attempts).toBe(1);
});

it('goes on after a failure, and settles when nothing is waiting', async () => {
  const { writes, write } = recorder({ fail: (items) => items.includes(13) });
  const commits = createGroupCommit({ write, byItems: () => true });
  await expect(commits.add([13])).rejects.toThrow('refused 13');
  void commits.add([1]);
  await commits.settled();
  expect(writes).toEqual([[1]]);
  await commits.settled();
});
