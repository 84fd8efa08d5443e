import { describe, expect, it, vi } from 'vitest';
import { whenAsked } from './when-asked.js';

/** Says its own name, and counts what it was asked. */
function answering(name: string) {
  async function* stream(_: never) {
    yield `${name} step`;
    return name;
  }
  return {
    run: vi.fn<(input: never, options?: never) => Promise<string>>(async () => name),
    stream: vi.fn<typeof stream>(stream),
    close: vi.fn<() => Promise<void>>(async () => undefined),
    extra: name,
  };
}

type Answering = ReturnType<typeof answering>;

const collected = async (steps: AsyncGenerator<unknown, unknown>): Promise<unknown[]> => {
  const all: unknown[] = [];
  for await (const step of steps) all.push(step);
  return all;
};
const asked = { field: 1 } as never;
const plain = { text: 'field' } as never;

describe('a wrapper that is loaded when it is asked', () => {
  it('is not loaded for requests without its field', async () => {
    const open = vi.fn<() => Promise<Answering>>(async () => answering('wrapper'));
    const { runtime } = whenAsked(answering('runtime'), 'field', open);
    expect(await runtime.run(plain)).toBe('runtime');
    expect(await collected(runtime.stream(plain))).toEqual(['runtime step']);
    expect(await runtime.run(null as never)).toBe('runtime');
    await runtime.close();
    expect(open).not.toHaveBeenCalled();
    expect(runtime.extra).toBe('runtime');
  });

  it('is loaded once, answers those that have it, and is closed in place of what it holds', async () => {
    const [wrapper, inner] = [answering('wrapper'), answering('runtime')];
    const open = vi.fn<() => Promise<Answering>>(async () => wrapper);
    const { runtime } = whenAsked(inner, 'field', open);
    expect(await Promise.all([runtime.run(asked), runtime.run(asked), runtime.run(plain)])).toEqual([
      'wrapper',
      'wrapper',
      'runtime',
    ]);
    expect(await collected(runtime.stream(asked))).toEqual(['wrapper step']);
    expect(open).toHaveBeenCalledTimes(1);
    await runtime.close();
    expect([wrapper.close.mock.calls.length, inner.close.mock.calls.length]).toEqual([1, 0]);
  });

  it('keeps the order of those that are of one, with its field or without', async () => {
    let load!: (wrapper: Answering) => void;
    const loaded = new Promise<Answering>((resolve) => (load = resolve));
    const { runtime } = whenAsked(answering('runtime'), 'field', () => loaded);
    const told: unknown[] = [];
    const order = { inOrder: 'a' } as never;
    const both = [runtime.run(asked, order), runtime.run(plain, order)].map((run) =>
      run.then((each: string) => told.push(each)),
    );
    await runtime.run(plain);
    load(answering('wrapper'));
    await Promise.all(both);
    expect(told).toEqual(['wrapper', 'runtime']);
  });

  it('that could not be loaded is tried again, and what it would hold is closed', async () => {
    const inner = answering('runtime');
    const open = vi.fn<() => Promise<Answering>>(async () => answering('wrapper'));
    open.mockRejectedValueOnce(new Error('no memory'));
    const { runtime } = whenAsked(inner, 'field', open);
    await expect(runtime.run(asked)).rejects.toThrow('no memory');
    expect(await runtime.run(asked)).toBe('wrapper');
    const failing = whenAsked(inner, 'field', () => Promise.reject(new Error('never')));
    await expect(failing.runtime.run(asked)).rejects.toThrow('never');
    await failing.runtime.close();
    expect(inner.close).toHaveBeenCalledTimes(1);
  });
});
