import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

const COMMIT = 'c0ffee'.padEnd(40, '0');

interface HubRequest {
  readonly host: 'hub' | 'storage';
  readonly path: string;
}

export interface FakeHub {
  readonly address: string;
  readonly commit: string;
  readonly requests: HubRequest[];
}

/**
 * A hub with one repository: small files from the hub itself, large ones behind a redirect to a host of their own.
 * It ends with the test.
 */
export async function startFakeHub(id: string, files: ReadonlyMap<string, Buffer>): Promise<FakeHub> {
  const requests: HubRequest[] = [];
  const isLarge = (path: string): boolean => path.endsWith('.onnx');
  const storage = createServer(({ url = '/' }, response) => {
    requests.push({ host: 'storage', path: url });
    const content = files.get(decodeURIComponent(url.slice(1)));
    response.writeHead(content ? 200 : 404).end(content ?? '');
  });
  const storageAddress = await listen(storage);
  const hub = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    requests.push({ host: 'hub', path: pathname });
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (pathname === `/api/models/${id}/revision/main`) return void json({ id, sha: COMMIT });
    if (pathname === `/api/models/${id}/tree/${COMMIT}`) {
      return void json([...files].map(([path, content]) => entry(path, content, isLarge(path))));
    }
    const path = decodeURIComponent(pathname.replace(`/${id}/resolve/${COMMIT}/`, ''));
    const content = files.get(path);
    if (!content) return void response.writeHead(404).end();
    if (!isLarge(path)) return void response.writeHead(200, { 'content-length': content.length }).end(content);
    return void response.writeHead(302, { location: `${storageAddress}/${encodeURIComponent(path)}` }).end();
  });
  return { address: await listen(hub), commit: COMMIT, requests };
}

function entry(path: string, content: Buffer, isLarge: boolean): object {
  const blob = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const lfs = { oid: createHash('sha256').update(content).digest('hex'), size: content.length };
  return { type: 'file', path, size: content.length, oid: blob, ...(isLarge && { lfs }) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
