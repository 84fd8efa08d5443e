import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { changedCatalog } from './changed-catalog.js';
import { SHIPPED } from './run-cli.js';
import type { StaticServer } from './static-server.js';
import { weightsOf } from './stored-files.js';

const NANO = weightsOf('nano');
const NANO_URL = `/models/${NANO.path}`;
const ETAG = '"newer"';

/** How the weights of the newer release come. */
type Delivery = 'whole' | 'half' | 'half, then silence';

/** A release whose `nano` has other bytes and computes the same, at the same addresses as the one before. */
export interface NewerModels {
  readonly revision: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Where each request of its weights began. */
  readonly fromBytes: readonly number[];
  deliver(how: Delivery): void;
}

const sha256Of = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

/** Deploys it in the place of the shipped one. */
export function deployNewerModels(site: StaticServer): NewerModels {
  const content = readFileSync(path.join(SHIPPED, NANO.path));
  // A letter of the name of the program that wrote it.
  content[content.indexOf('terrace')]! ^= 0x20;
  const sha256 = sha256Of(content);
  const calibrations = new Map<string, string>();
  const text = changedCatalog(({ models, deltas, domains }) => {
    const { variants } = models.find(({ id }) => id === 'nano')!;
    const variant = variants.find(({ weights }) => weights.sha256 === NANO.sha256)!;
    variant.weights.sha256 = sha256;
    for (const { base } of deltas) if (base.id === 'nano') base.files[variant.dtype] = sha256;
    for (const { calibration } of domains) {
      if (!calibration) continue;
      const made = readFileSync(path.join(SHIPPED, calibration.path), 'utf8').replaceAll(NANO.sha256, sha256);
      calibrations.set(`/models/${calibration.path}`, made);
      calibration.sha256 = sha256Of(made);
    }
  });
  const { revision } = JSON.parse(text) as { revision: string };
  const fromBytes: number[] = [];
  let delivery: Delivery = 'whole';

  const sendWeights = (response: ServerResponse, range: string | undefined): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    fromBytes.push(from);
    const half = content.length >> 1;
    if (delivery !== 'whole' && from >= half) return void response.writeHead(503).end();
    const headers = { etag: ETAG, 'content-type': 'application/octet-stream', 'content-length': content.length - from };
    const contentRange = `bytes ${from}-${content.length - 1}/${content.length}`;
    response.writeHead(from > 0 ? 206 : 200, { ...headers, ...(from > 0 && { 'content-range': contentRange }) });
    if (delivery === 'whole') return void response.end(content.subarray(from));
    response.write(content.subarray(from, half));
    if (delivery === 'half') setTimeout(() => response.destroy(), 200);
  };
  const texts = new Map([...calibrations, ['/models/catalog.json', text]]);
  site.intercept = ({ url = '', headers }, response) => {
    const json = texts.get(url);
    if (json !== undefined) response.writeHead(200, { 'content-type': 'application/json' }).end(json);
    else if (url === NANO_URL) sendWeights(response, headers.range);
    else return false;
    return true;
  };
  return { revision, sha256, bytes: content.length, fromBytes, deliver: (how) => void (delivery = how) };
}
