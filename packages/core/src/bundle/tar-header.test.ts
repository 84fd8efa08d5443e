import { describe, expect, it } from 'vitest';
import { archiveBytes, describeHeader, isTar, paddingOf, sizeIn, tarHeader } from './tar-header.js';

describe('the header of a file', () => {
  it.each([0, 1, 511, 512, 2 ** 31])('says that it has %i bytes', (bytes) => {
    const header = tarHeader('models/tiny/model.onnx', bytes);
    expect(isTar(header)).toBe(true);
    expect(sizeIn(header)).toBe(bytes);
  });

  it('is described by its name and kind', () => {
    const header = tarHeader('models/tiny/model.onnx', 1);
    expect(describeHeader(header)).toBe('an entry "models/tiny/model.onnx"');
    header[156] = '2'.charCodeAt(0);
    expect(describeHeader(header)).toBe('a symbolic link "models/tiny/model.onnx"');
    expect(describeHeader(new Uint8Array(512))).toBe('the end of the archive');
  });

  it('is followed by the file in whole blocks', () => {
    expect([0, 1, 511, 512, 513].map(paddingOf)).toEqual([0, 511, 1, 0, 511]);
    expect(archiveBytes([0, 1])).toBe(512 + 1024 + 1024);
  });
});
