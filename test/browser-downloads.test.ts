import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EASY, eventsOf } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { SHIPPED } from './support/run-cli.js';
import type { StaticServer } from './support/static-server.js';
import { damageStored, headOf, storedBytes, tokenizerOf, weightsOf } from './support/stored-files.js';

const NANO = weightsOf('nano');
const TOKENIZER = tokenizerOf('nano');
const HEAD = headOf('clinc150/nano');
const isModelFile = /^\/models\/(encoders|deltas)\/(?!golden)/;
const NANO_PATH = `/models/${NANO.path}`;
const ASK = { domain: 'clinc150', text: EASY, policy: 'nano' };
const ANSWER = { tier: 'nano', output: { label: 'credit_score' } };

/** A request of the weights. */
interface Asked {
  readonly fromBytes: number;
  readonly ifRange: string | string[] | undefined;
}

type Reply = (response: ServerResponse, request: IncomingMessage) => void;

/** Answers the next requests of the weights in these ways, and then soundly. @returns what was asked for */
function script(site: StaticServer, ...replies: Reply[]): Asked[] {
  const asked: Asked[] = [];
  site.intercept = (request, response) => {
    if (request.url !== NANO_PATH) return false;
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    asked.push({ fromBytes: Number(from ?? 0), ifRange: request.headers['if-range'] });
    const reply = replies.shift();
    reply?.(response, request);
    return reply !== undefined;
  };
  return asked;
}

const content = (): Buffer => readFileSync(path.join(SHIPPED, NANO.path));
const WHOLE: Asked = { fromBytes: 0, ifRange: undefined };
const ETAG = '"one-version"';

/** The headers of the whole file and its first half, and then nothing. */
const half: Reply = (response) => {
  response.writeHead(200, { 'content-length': NANO.bytes, etag: ETAG, 'content-type': 'application/octet-stream' });
  response.write(content().subarray(0, NANO.bytes >> 1));
};
const cutOff: Reply = (response, request) => {
  half(response, request);
  setTimeout(() => response.destroy(), 100);
};
const rest: Reply = (response, { headers }) => {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]);
  response.writeHead(206, { etag: ETAG, 'content-range': `bytes ${from}-${NANO.bytes - 1}/${NANO.bytes}` });
  response.end(content().subarray(from));
};
const webPage =
  (type: string): Reply =>
  (response) =>
    void response.writeHead(200, { 'content-type': type }).end('<!doctype html><title>Sign in</title>');
const changed: Reply = (response) => {
  const bytes = content();
  bytes[bytes.length >> 1]! ^= 1;
  response.writeHead(200, { 'content-length': NANO.bytes }).end(bytes);
};

describe.skipIf(!HAS_CHROMIUM)('models come to a page (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('FIELD-BUG 12: not from a web page in their place: it says so, nothing is kept, and once the server is mended a request is answered', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    script(site, webPage('text/html; charset=utf-8'), webPage('application/octet-stream'));
    for (const _ of [1, 2]) {
      await expect(runtime.run(ASK)).rejects.toMatchObject({ message: expect.stringContaining('a web page') });
      expect(await storedBytes(runtime.page, NANO.sha256)).toBeUndefined();
    }
    expect(await runtime.run(ASK)).toMatchObject(ANSWER);
  });

  it('FIELD-BUG 12: a request that may climb is answered by the next tier meanwhile', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    script(site, webPage('text/html'));
    const result = await runtime.run({ domain: 'clinc150', text: EASY });
    expect(result).toMatchObject({ path: [expect.not.stringMatching('nano')], output: ANSWER.output });
    expect(eventsOf(result, 'failed')).toMatchObject([
      { tier: 'nano', message: expect.stringContaining('a web page') },
    ]);
  });

  it('FIELD-BUG 11: kept files that are cut, changed or gone are fetched once anew, within the request', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const before = await browser.openRuntime(site, {}, profile);
    expect(await before.run(ASK)).toMatchObject(ANSWER);
    await before.close();
    await damageStored(before.page, NANO.sha256, 'cut');
    await damageStored(before.page, TOKENIZER.sha256, 'changed');
    await damageStored(before.page, HEAD.sha256, 'gone');
    site.asked.length = 0;
    const after = await browser.openRuntime(site, {}, profile);
    for (const _ of [1, 2]) expect(await after.run(ASK)).toMatchObject(ANSWER);
    const fetched = site.asked.filter((each) => isModelFile.test(each)).toSorted();
    expect(fetched).toEqual([HEAD, NANO, TOKENIZER].map((file) => `/models/${file.path}`));
    expect(await storedBytes(after.page, NANO.sha256)).toBe(NANO.bytes);
    expect(await after.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('FIELD-BUG 11: two tabs of one profile download each file once', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const tabs = await Promise.all([1, 2].map(() => browser.openRuntime(site, {}, profile)));
    site.asked.length = 0;
    const answers = await Promise.all(tabs.map((tab) => tab.run(ASK)));
    expect(answers).toMatchObject([ANSWER, ANSWER]);
    const files = site.asked.filter((each) => isModelFile.test(each));
    expect(files.filter((each, i) => files.indexOf(each) !== i)).toEqual([]);
  });

  it('FIELD-BUG 13: a download that is cut off goes on from where it was', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    const asked = script(site, cutOff, rest);
    expect(await runtime.run(ASK)).toMatchObject(ANSWER);
    expect(asked).toEqual([WHOLE, { fromBytes: expect.any(Number), ifRange: ETAG }]);
    expect(asked[1]!.fromBytes).toBeGreaterThan(NANO.bytes >> 2);
  });

  it('FIELD-BUG 13: one that the caller ends keeps its part, also for the next visit', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const before = await browser.openRuntime(site, {}, profile);
    const asked = script(site, half, rest);
    const reason = await before.page.evaluate(
      async (ask) => {
        const control = new AbortController();
        const { runtime, attempt } = window.driver;
        let tell: () => void = () => undefined;
        const isHalf = new Promise<void>((resolve) => (tell = resolve));
        const asking = attempt(() =>
          runtime.prepare(ask, {
            signal: control.signal,
            onProgress: ({ doneBytes }) => doneBytes > 2_000_000 && tell(),
          }),
        );
        await isHalf;
        control.abort(new Error('the user left'));
        return asking;
      },
      { domain: ASK.domain, policy: ASK.policy },
    );
    expect(reason).toMatchObject({ failure: { message: 'the user left' } });
    await before.close();
    expect(await storedBytes(before.page, NANO.sha256)).toBeGreaterThan(2_000_000);
    const after = await browser.openRuntime(site, {}, profile);
    expect(await after.run(ASK)).toMatchObject(ANSWER);
    expect(asked).toEqual([WHOLE, { fromBytes: expect.any(Number), ifRange: ETAG }]);
    expect(asked[1]!.fromBytes).toBeGreaterThan(2_000_000);
  });

  it('FIELD-BUG 13: bytes that are not those of the catalog are refused and not kept', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    const asked = script(site, changed, changed);
    await expect(runtime.run(ASK)).rejects.toMatchObject({
      code: 'ARTIFACT_CORRUPT',
      hint: expect.stringContaining('Nothing of it was kept'),
      facts: { expected: NANO.sha256 },
    });
    expect(asked).toEqual([WHOLE, WHOLE]);
    expect(await storedBytes(runtime.page, NANO.sha256)).toBeUndefined();
    expect(await runtime.run(ASK)).toMatchObject(ANSWER);
  });
});
