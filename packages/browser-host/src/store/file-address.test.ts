import { exampleCatalog, exampleModel, fakeFile } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { Addresses } from './addresses.js';
import { addressOf, requireAddress } from './file-address.js';

const WEIGHTS = fakeFile('encoders/tiny/model int8.onnx');
const TOKENIZER = fakeFile('encoders/tokenizer.json');

function addressesOf(source: string | undefined, catalogUrl = 'https://host.example/models/catalog.json') {
  const model = exampleModel({
    id: 'tiny',
    tokenizer: TOKENIZER,
    variants: [{ dtype: 'int8', providers: ['wasm'], weights: WEIGHTS }],
    ...(source !== undefined && { source }),
  });
  const addresses = new Addresses();
  addresses.offer(exampleCatalog({ models: [model], deltas: [] }), catalogUrl);
  return [WEIGHTS, TOKENIZER].map(({ sha256 }) => addressOf(addresses.get(sha256)!));
}

const BESIDE = 'https://host.example/models/encoders';

describe('the address of a file', () => {
  it('is below the folder of the catalog', () => {
    expect(addressesOf(undefined)).toEqual([`${BESIDE}/tiny/model%20int8.onnx`, `${BESIDE}/tokenizer.json`]);
  });

  it('has the query of the catalog, such as an access key', () => {
    const [weights] = addressesOf(undefined, 'https://host.example/models/catalog.json?key=1#part');
    expect(weights).toBe(`${BESIDE}/tiny/model%20int8.onnx?key=1`);
  });

  it('is below the source of its model for weights, and for weights only', () => {
    const [weights, tokenizer] = addressesOf('https://weights.example/tiny/');
    expect(weights).toBe('https://weights.example/tiny/model%20int8.onnx');
    expect(tokenizer).toBe(`${BESIDE}/tokenizer.json`);
  });

  it('is beside the catalog for weights of a hub: a page fetches from no third party that its owner did not name', () => {
    expect(addressesOf('hf:owner/tiny@0123')[0]).toBe(`${BESIDE}/tiny/model%20int8.onnx`);
  });

  it.each([['https://host.example/x'], ['http://localhost:8080/x'], ['http://127.0.0.1/x'], ['http://[::1]:8080/x']])(
    '%s may be asked',
    (address) => {
      requireAddress(address);
    },
  );

  it.each([
    ['http://host.example/x', /not encrypted/],
    ['http://127.0.0.1.example/x', /not encrypted/],
    ['http://localhost.example/x', /not encrypted/],
    ['ftp://host.example/x', /no web address/],
    ['file:///etc/passwd', /no web address/],
    ['data:text/plain,x', /no web address/],
  ])('%s may not', (address, message) => {
    expect(() => requireAddress(address)).toThrow(message);
  });

  it('is told without what may be secret in it', () => {
    expect(() => requireAddress('http://host.example/x?key=secret')).toThrow(/^(?!.*secret)/);
  });
});
