import type { Catalog, FileRef } from '@terrace/core';
import { exampleCatalog, exampleModel } from '@terrace/core/testing';

/** See `test/support/scripted-files.ts`. */
export type Answer =
  | { readonly kind: 'sound' | 'whole' }
  | { readonly kind: 'packed'; readonly share?: number }
  | { readonly kind: 'hang-up' | 'stall'; readonly bytes: number }
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

export interface ScriptedSite {
  /** Of a catalog that lies at its root. */
  readonly catalogUrl: string;
  put(path: string, content: Uint8Array<ArrayBuffer> | string): Promise<FileRef>;
  remove(path: string): Promise<void>;
  /** What the next requests of files get, in order, before the server answers soundly again. */
  next(...answers: readonly Answer[]): Promise<void>;
  /** Requests of files, in order. */
  seen(): Promise<readonly { readonly path: string; readonly range?: string; readonly ifRange?: string }[]>;
}

/** A place of its own on the server of the tests. @param origin of the page, unless another one is asked for */
export function openSite(origin = location.origin): ScriptedSite {
  const base = `${origin}/scripted/${crypto.randomUUID()}/`;
  const send = async (path: string, method: string, body?: BodyInit): Promise<Response> => {
    const response = await fetch(base.replace(origin, location.origin) + path, { method, ...(body && { body }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return response;
  };
  return {
    catalogUrl: `${base}catalog.json`,
    async put(path, content) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      await send(path, 'PUT', bytes);
      return { path, bytes: bytes.length, sha256: await sha256Of(bytes) };
    },
    remove: async (path) => void (await send(path, 'DELETE')),
    next: async (...answers) => void (await send('next', 'POST', JSON.stringify(answers))),
    seen: async () => (await send('seen', 'GET')).json(),
  };
}

export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes that do not repeat themselves soon and look like no text. */
export const someBytes = (length: number, seed = 1): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => ((i * 7919 + seed * 31) % 251) ^ (i >> 8));

/** A catalog of one model, whose files these are. */
export const catalogOf = (weights: FileRef, tokenizer = weights): Catalog =>
  exampleCatalog({
    models: [exampleModel({ id: 'tiny', tokenizer, variants: [{ dtype: 'int8', providers: ['wasm'], weights }] })],
    deltas: [],
  });
