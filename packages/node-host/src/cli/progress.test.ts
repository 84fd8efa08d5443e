import { expect, it } from 'vitest';
import { startProgress } from './progress.js';

function terminal(isTTY: boolean): { stream: NodeJS.WriteStream; written: string[]; screen: () => string } {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  const screen = (): string =>
    written
      .join('')
      .split('\r')
      .findLast((line) => line !== '')!
      .trimEnd();
  return { stream, written, screen };
}

it('writes nothing where nobody watches', () => {
  const { stream, written } = terminal(false);
  const progress = startProgress('counting', stream);
  progress.update(1, 2);
  progress.end();
  expect(written).toEqual([]);
});

it('says how far it is, in place', () => {
  const { stream, written, screen } = terminal(true);
  const progress = startProgress('counting', stream);
  progress.update(1, 3);
  expect(screen()).toBe('counting: 33 % of 3');
  progress.update(3, 3);
  expect(screen()).toBe('counting: 100 % of 3');
  expect(written.join('')).not.toContain('\n');
});

it('does not write the same line twice', () => {
  const { stream, written } = terminal(true);
  const progress = startProgress('counting', stream);
  for (let i = 0; i < 100; i++) progress.update(500 + i, 100_000);
  expect(written).toHaveLength(1);
});

it('leaves no letters of a longer line behind', () => {
  const { stream, written } = terminal(true);
  const progress = startProgress('a long piece of work', stream);
  progress.update(1, 2);
  progress.next('short');
  progress.update(0, 2);
  const [long, short] = written.map((text) => text.replace('\r', ''));
  expect(short!.trimEnd()).toBe('short: 0 % of 2');
  expect(short).toHaveLength(long!.length);
});

it('clears its line at the end, once', () => {
  const { stream, written } = terminal(true);
  const progress = startProgress('counting', stream);
  progress.update(1, 2);
  progress.end();
  progress.end();
  expect(written).toHaveLength(2);
  expect(written[1]).toMatch(/^\r +\r$/);
});
