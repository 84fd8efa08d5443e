import { readFileSync } from 'node:fs';
import path from 'node:path';
import { KIOSK } from './kiosk-site.js';
import type { StaticServer } from './static-server.js';

/** Of weights only the first half comes, until they are released. */
export function downloadsHeld(site: StaticServer): () => void {
  const held: (() => void)[] = [];
  site.intercept = ({ url = '' }, response) => {
    if (!url.endsWith('.onnx')) return false;
    const content = readFileSync(path.join(KIOSK, url));
    const half = content.length >> 1;
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': content.length });
    response.write(content.subarray(0, half));
    held.push(() => response.end(content.subarray(half)));
    return true;
  };
  return () => {
    site.intercept = () => false;
    for (const release of held) release();
  };
}
