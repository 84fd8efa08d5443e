import path from 'node:path';
import { preview } from 'vite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CONTENT_SECURITY_POLICY } from '../examples/kiosk/build/content-security-policy.js';
import { KIOSK } from './support/kiosk-site.js';
import { ISOLATED } from './support/static-server.js';

describe('the server of the kiosk', () => {
  it('sends the policy that the page carries and what isolates it, no page in the place of a model, and says how to go on', async () => {
    const said = vi.spyOn(console, 'log').mockReturnValue();
    const configFile = path.join(KIOSK, '../vite.config.ts');
    const server = await preview({ configFile, logLevel: 'silent', preview: { port: 0, strictPort: false } });
    onTestFinished(() => server.close());
    const [url] = server.resolvedUrls!.local;
    const page = await fetch(url!);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      ...ISOLATED,
      'content-security-policy': CONTENT_SECURITY_POLICY,
    });
    const html = await page.text();
    expect(html.replaceAll('&#39;', "'")).toContain(`content="${CONTENT_SECURITY_POLICY}"`);
    expect((await fetch(`${url}models/none.onnx`)).status).toBe(404);
    const wasm = /"(assets\/ort-wasm-simd-threaded-[^"]+\.wasm)"/.exec(
      await (await fetch(`${url}offline.json`)).text(),
    );
    const { headers } = await fetch(url + wasm![1]!, { method: 'HEAD' });
    expect(headers.get('content-type')).toBe('application/wasm');
    expect(said).toHaveBeenCalledWith(expect.stringContaining('npx terrace serve --cors http://localhost:'));
  });
});
