import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { CONTENT_SECURITY_POLICY } from '../../examples/kiosk/build/content-security-policy.js';
import { ISOLATED, startStaticServer, type StaticServer } from './static-server.js';

/** The built page, as `npm run kiosk:build` writes it. */
export const KIOSK = fileURLToPath(new URL('../../examples/kiosk/dist/', import.meta.url));

/** A server of the page that sends what a good host does; workers go by the policy that comes with their script. */
export const startKioskSite = (): Promise<StaticServer> =>
  startStaticServer({
    folders: { '/': KIOSK },
    headers: { 'content-security-policy': CONTENT_SECURITY_POLICY, ...ISOLATED },
  });

/** Such a server for one test. */
export async function openKioskSite(): Promise<StaticServer> {
  const site = await startKioskSite();
  onTestFinished(() => site.close());
  return site;
}
