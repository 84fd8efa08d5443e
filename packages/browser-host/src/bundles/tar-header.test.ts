import { tarHeader } from '@terrace/core';
import { createTarPacker } from 'modern-tar';
import { describe, expect, it } from 'vitest';

/** As another library writes it. */
async function packed(name: string, size: number): Promise<Uint8Array> {
  const { readable, controller } = createTarPacker();
  controller.add({ name, size, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) });
  const reader = readable.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value!;
}

describe('the header of a file in a bundle', () => {
  it.each([
    ['bundle.json', 0],
    ['models/tiny/model.onnx', 600],
    ['models/tiny/model.onnx', 2 ** 31],
    [`models/${'a'.repeat(60)}/${'b'.repeat(32)}`, 511],
    [`models/${'a'.repeat(60)}/${'b'.repeat(33)}`, 512],
    [`deltas/${'a'.repeat(70)}/${'c'.repeat(70)}/${'b'.repeat(90)}`, 8 ** 11 - 1],
  ])('of "%s" with %i bytes is, to the byte, what a tar library writes', async (path, bytes) => {
    const header = tarHeader(path, bytes);
    expect([...header]).toEqual([...(await packed(path, bytes))]);
  });

  it('cannot say more than eleven octal digits', () => {
    expect(() => tarHeader('bundle.json', 8 ** 11)).toThrow(RangeError);
  });
});
