import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInOrder } from './in-order.js';

describe('results in order', () => {
  it('come as they were asked for, however long each takes and whichever fail', async () => {
    const ask = fc.record({ stream: fc.constantFrom('a', 'b'), turns: fc.nat(20), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { maxLength: 30 }), async (asks) => {
        const inOrder = createInOrder();
        const ended: { stream: string; index: number }[] = [];
        const all = asks.map(({ stream, turns, fails }, index) =>
          inOrder(stream, async () => {
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            if (fails) throw new Error(String(index));
            return index;
          }).then(
            (value) => void ended.push({ stream, index: value }),
            (error: Error) => void ended.push({ stream, index: Number(error.message) }),
          ),
        );
        await Promise.all(all);
        for (const name of ['a', 'b']) {
          const order = ended.filter(({ stream }) => stream === name).map(({ index }) => index);
          const asked = asks.flatMap(({ stream }, index) => (stream === name ? [index] : []));
          expect(order).toEqual(asked);
        }
      }),
    );
  });

  it('fail in turn: a failure that comes early waits for those before it, and is told', async () => {
    const inOrder = createInOrder();
    const first = inOrder('stream', () => new Promise((resolve) => void setTimeout(resolve, 10, 'first')));
    const second = inOrder('stream', () => Promise.reject(new Error('second')));
    const order: string[] = [];
    await Promise.all([
      first.then(() => void order.push('first')),
      second.catch((error: Error) => void order.push(error.message)),
    ]);
    expect(order).toEqual(['first', 'second']);
  });

  it('start at once: only the outcome waits', async () => {
    const inOrder = createInOrder();
    const started: string[] = [];
    let open = (): void => undefined;
    const door = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = inOrder('stream', async () => {
      started.push('first');
      await door;
    });
    const second = inOrder('stream', async () => void started.push('second'));
    expect(started).toEqual(['first', 'second']);
    open();
    await Promise.all([first, second]);
  });
});

it('keeps nobody waiting who is of no stream', async () => {
  const inOrder = createInOrder();
  void inOrder(undefined, () => new Promise(() => undefined));
  expect(await inOrder(undefined, async () => 'here')).toBe('here');
});
