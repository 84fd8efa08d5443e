import { launch } from '@terrace/test/browser';
import { startStaticServer } from '@terrace/test/static-server';
import { printFigures } from '../report.js';

const MEBIBYTES = 20;
const ROUNDS = 9;

/** Downloads to each kind of storage as a resumable, hashed download must, piece by piece; reads in a nested worker. */
const WRITER = `
const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('bench', { create: true });
const cache = await caches.open('bench');
const reader = new Worker('/reader.js', { type: 'module' });
const read = (kind, name) => new Promise((resolve) => {
  reader.onmessage = ({ data }) => resolve(data);
  reader.postMessage([kind, name]);
});
const pieces = async function* () {
  const body = (await fetch('/body', { cache: 'no-store' })).body.getReader();
  for (let next = await body.read(); !next.done; next = await body.read()) yield next.value;
};
const write = {
  nowhere: async () => { for await (const piece of pieces()); },
  file: async (name) => {
    const handle = await (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
    let at = 0;
    for await (const piece of pieces()) at += handle.write(piece, { at });
    handle.flush();
    handle.close();
  },
  entry: async (name) => {
    const from = pieces();
    const pull = async (control) => {
      const { done, value } = await from.next();
      if (done) control.close(); else control.enqueue(value);
    };
    await cache.put('/' + name, new Response(new ReadableStream({ pull })));
  },
  parts: async (name) => {
    let count = 0;
    for await (const piece of pieces()) await cache.put('/' + name + '/' + count++, new Response(piece));
    await cache.put('/' + name, new Response(String(count)));
  },
};
const times = {};
for (let round = 0; round < ROUNDS; round++) {
  for (const kind of ['nowhere', 'file', 'entry', 'parts'].sort(() => Math.random() - 0.5)) {
    const name = kind + round;
    const sinceMs = performance.now();
    await write[kind](name);
    (times['write ' + kind] ??= []).push(performance.now() - sinceMs);
    if (kind !== 'nowhere') (times['read ' + kind] ??= []).push(await read(kind, name));
  }
  await folder.removeEntry('file' + round);
  for (const request of await cache.keys()) await cache.delete(request);
}
postMessage(times);
`;

const READER = `
const bytesOf = async (name) => (await (await caches.open('bench')).match('/' + name)).arrayBuffer();
const read = {
  file: async (name) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('bench');
    return (await (await folder.getFileHandle(name)).getFile()).arrayBuffer();
  },
  entry: bytesOf,
  parts: async (name) => {
    const count = Number(new TextDecoder().decode(await bytesOf(name)));
    return new Blob(await Promise.all(Array.from({ length: count }, (_, i) => bytesOf(name + '/' + i)))).arrayBuffer();
  },
};
onmessage = async ({ data: [kind, name] }) => {
  const sinceMs = performance.now();
  const { byteLength } = await read[kind](name);
  if (byteLength !== MEBIBYTES * 2 ** 20) throw new Error('read ' + byteLength + ' bytes');
  postMessage(performance.now() - sinceMs);
};
`;

/**
 * Where a browser keeps a model: a private file, one entry of the cache, which a killed tab leaves nothing of, or many
 * entries, which can be gone on with as a file can.
 */
export async function browserStore(): Promise<void> {
  const server = await startStaticServer({ pages: { '/': '<!doctype html><title>Storage</title>' } });
  const script = (text: string): string =>
    text.replaceAll('ROUNDS', `${ROUNDS}`).replaceAll('MEBIBYTES', `${MEBIBYTES}`);
  const files: Readonly<Record<string, string | Buffer>> = {
    '/body': Buffer.from(Array.from({ length: MEBIBYTES * 2 ** 20 }, (_, i) => (i * 7919) % 251)),
    '/writer.js': script(WRITER),
    '/reader.js': script(READER),
  };
  server.intercept = ({ url = '/' }, response) => {
    const content = files[url];
    if (content === undefined) return false;
    response.writeHead(200, { 'content-type': url === '/body' ? 'application/octet-stream' : 'text/javascript' });
    response.end(content);
    return true;
  };
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(server.url);
  const times = (await page.evaluate(
    `new Promise((resolve, reject) => {
      const worker = new Worker('/writer.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    })`,
  )) as Record<string, number[]>;
  await browser.close();
  await server.close();
  const median = (name: string): number => times[name]!.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
  const figure = (name: string, other: string) => ({
    name: `a file of ${MEBIBYTES} MiB: ${name} over ${other}`,
    wanted: 'below 1',
    measured: `${(median(name) / median(other)).toFixed(2)} (${median(name).toFixed(0)} against ${median(other).toFixed(0)} ms)`,
    holds: median(name) < median(other),
  });
  console.log(
    `\n${Object.keys(times)
      .map((name) => `${name}: ${median(name).toFixed(0)} ms`)
      .join(', ')}`,
  );
  printFigures(`What a browser stores models in that can be gone on with, ${ROUNDS} rounds in turn`, [
    figure('read file', 'read parts'),
    figure('write file', 'write parts'),
  ]);
}
