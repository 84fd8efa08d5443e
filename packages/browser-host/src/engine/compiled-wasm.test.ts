import { describe, expect, it } from 'vitest';
import { createCompiledWasm } from './compiled-wasm.js';

/** The smallest module there is. */
const MODULE = 'AGFzbQEAAAA=';
const served = (type: string, module = MODULE): string => `data:${type};base64,${module}`;

describe('compiled WebAssembly', () => {
  it.each(['application/wasm', 'application/wasm;charset=utf-8', 'Application/Wasm', 'application/octet-stream'])(
    'is taken from a server that calls it %s',
    async (type) => {
      expect(await createCompiledWasm()(served(type))).toBeInstanceOf(WebAssembly.Module);
    },
  );

  it('is the same for all who ask', async () => {
    const compiled = createCompiledWasm();
    expect(await compiled(served('application/wasm'))).toBe(await compiled(served('application/wasm')));
  });

  it('that is none is told of, with the file', async () => {
    const url = served('application/wasm', btoa('<!doctype html>'));
    await expect(createCompiledWasm()(url)).rejects.toMatchObject({ code: 'ENGINE_FAILED', facts: { url } });
  });
});
