import { expect, it } from 'vitest';
import { describeProgress, startProgress } from './progress.js';

function terminal(isTTY: boolean, columns = 80): { stream: NodeJS.WriteStream; written: string[] } {
  const written: string[] = [];
  const nothing = (): boolean => true;
  const stream = {
    isTTY,
    columns,
    write: (text: string) => written.push(text) > 0,
    clearLine: nothing,
    cursorTo: nothing,
    moveCursor: nothing,
    on: nothing,
    off: nothing,
  } as unknown as NodeJS.WriteStream;
  return { stream, written };
}

const shown = async (written: readonly string[], text: string): Promise<void> => {
  while (!written.some((each) => each.includes(text))) await new Promise(setImmediate);
};

it.each([
  ['nobody watches', false, 80],
  ['a terminal has no width', true, 0],
])('writes nothing where %s', async (_, isTTY, columns) => {
  const { stream, written } = terminal(isTTY, columns);
  const progress = startProgress('counting', stream);
  progress.update(1, 2);
  progress.next('more');
  progress.end();
  await import('ora');
  expect(written).toEqual([]);
});

it('says how far it is, in place', async () => {
  const { stream, written } = terminal(true);
  const progress = startProgress('counting', stream);
  await shown(written, 'counting');
  progress.update(1, 3);
  await shown(written, 'counting: 1 of 3 rows, 33 %');
  progress.next('loading', 'bytes');
  progress.update(2 ** 20, 2 ** 21);
  await shown(written, 'loading: 1.0 MiB of 2.0 MiB, 50 %');
  progress.end();
  expect(written.some((text) => text.includes('\n'))).toBe(false);
});

it('draws while the work holds the thread, and far less often than it is told', async () => {
  const { stream, written } = terminal(true);
  const progress = startProgress('counting', stream);
  await shown(written, 'counting');
  const before = written.length;
  for (let i = 0; i < 10_000; i++) progress.update(i, 10_000);
  expect(written.length - before).toBeGreaterThan(0);
  expect(written.length - before).toBeLessThan(1000);
  progress.end();
});

it('shows nothing any more after its end, also when that came before the first frame', async () => {
  const { stream, written } = terminal(true);
  const progress = startProgress('counting', stream);
  progress.end();
  progress.end();
  progress.update(1, 2);
  await import('ora');
  await new Promise(setImmediate);
  const { length } = written;
  await new Promise((resolve) => void setTimeout(resolve, 200));
  expect(written).toHaveLength(length);
});

it.each([
  [{ done: 0, total: 4, elapsedMs: 0, doneBefore: 0 }, 'asking: 0 of 4 rows, 0 %'],
  [{ done: 1500, total: 6000, elapsedMs: 3000, doneBefore: 0 }, 'asking: 1,500 of 6,000 rows, 25 %, 9 s left'],
  [{ done: 50, total: 100, elapsedMs: 2000, doneBefore: 49 }, 'asking: 50 of 100 rows, 50 %, 2 min left'],
  [{ done: 1, total: 5000, elapsedMs: 2000, doneBefore: 0 }, 'asking: 1 of 5,000 rows, 0 %, 2 h 47 min left'],
  [{ done: 9, total: 9, elapsedMs: 2000, doneBefore: 0 }, 'asking: 9 of 9 rows, 100 %'],
  [{ done: 0, total: 0, elapsedMs: 2000, doneBefore: 0 }, 'asking: 0 of 0 rows'],
])('%j is %s', (state, text) => {
  expect(describeProgress({ what: 'asking', unit: 'rows', ...state })).toBe(text);
});
