import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startStaticServer, type StaticServer } from '@terrace/test/static-server';

const KIOSK = fileURLToPath(new URL('../../../examples/kiosk/dist/', import.meta.url));

/** Whether the kiosk is there to be measured; says what to do where it is not. */
export function hasKiosk(bench: string): boolean {
  if (existsSync(`${KIOSK}offline.json`)) return true;
  console.log(`skipped: ${bench} (npm run kiosk:build makes what it measures)`);
  return false;
}

/** The kiosk on a plain static host. @param port where it was before */
export const serveKiosk = (port?: number): Promise<StaticServer> =>
  startStaticServer({ folders: { '/': KIOSK }, ...(port !== undefined && { port }) });
