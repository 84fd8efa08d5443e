import { expect, it } from 'vitest';
import { boundBuffers } from './bound-buffers.js';

const MIB = 2 ** 20;
const newScope = () => ({ Uint8Array, DecompressionStream });
const refused = { code: 'INVALID_DOCUMENT', facts: { reason: 'too-much-memory' } };

it('lets a thread make arrays up to a bound, and tells of the first that is larger', async () => {
  const scope = newScope();
  const tooLarge = boundBuffers(scope as never);
  const bytes = new scope.Uint8Array(32 * MIB);
  expect([bytes.length, bytes instanceof scope.Uint8Array, bytes instanceof Uint8Array]).toEqual([
    32 * MIB,
    true,
    true,
  ]);
  expect([...scope.Uint8Array.from([1, 2]).slice(1), ...new scope.Uint8Array([3])]).toEqual([2, 3]);
  expect(await Promise.race([tooLarge, 'none yet'])).toBe('none yet');
  expect(() => new scope.Uint8Array(32 * MIB + 1)).toThrow('too much memory');
  await expect(tooLarge).rejects.toMatchObject(refused);
});

it('counts no bytes that are there already', () => {
  const scope = newScope();
  void boundBuffers(scope as never);
  const file = new ArrayBuffer(64 * MIB);
  expect(new scope.Uint8Array(file).length).toBe(64 * MIB);
});

it('inflates up to the bound', async () => {
  const inflated = async (mib: number): Promise<number> => {
    const scope = newScope();
    const tooLarge = boundBuffers(scope as never);
    const deflated = new Blob([new Uint8Array(mib * MIB)]).stream().pipeThrough(new CompressionStream('deflate'));
    const { readable, writable } = new scope.DecompressionStream('deflate');
    void deflated.pipeTo(writable).catch(() => undefined);
    const read = async (): Promise<number> => {
      let bytes = 0;
      for await (const chunk of readable) bytes += chunk.byteLength;
      return bytes;
    };
    return Promise.race([tooLarge, read()]);
  };
  expect(await inflated(32)).toBe(32 * MIB);
  await expect(inflated(33)).rejects.toMatchObject(refused);
});
