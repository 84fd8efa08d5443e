import { EngineError } from '@terrace/core/engine';

/** Compiled WebAssembly of the files that were asked for. */
export type CompiledWasm = (url: string) => Promise<WebAssembly.Module>;

/**
 * Compiles each file once, for all workers: another one of the same starts without download and compilation, and with
 * the code that the browser has optimised meanwhile. What failed is tried anew.
 * @throws EngineError when there is no such file, or it is none that this browser takes
 */
export function createCompiledWasm(): CompiledWasm {
  const modules = new Map<string, Promise<WebAssembly.Module>>();
  return (url) => {
    const known = modules.get(url);
    if (known) return known;
    const module = compile(url);
    modules.set(url, module);
    module.catch(() => modules.delete(url));
    return module;
  };
}

async function compile(url: string): Promise<WebAssembly.Module> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answers with status ${response.status}`);
    const type = response.headers.get('content-type') ?? '';
    // While it is downloaded; the browser keeps the result beside the file. It takes no other type that way,
    // and none with parameters.
    if (/^application\/wasm$/i.test(type.trim())) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    throw unusable(url, cause);
  }
}

const unusable = (url: string, cause: unknown): EngineError =>
  new EngineError({
    message: `ONNX Runtime cannot be loaded from ${url}.`,
    hint: "Serve every file of @terrace/browser-host's folder dist/bundle as it is.",
    facts: { url },
    cause,
  });
