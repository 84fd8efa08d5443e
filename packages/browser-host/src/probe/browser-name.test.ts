import { describe, expect, it } from 'vitest';
import { readBrowserName } from './browser-name.js';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('readBrowserName', () => {
  it.each([
    [
      `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/156.0.0.0 Safari/537.36`,
      'Linux',
      'Chromium',
      '156',
      false,
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.3485.54`,
      'Windows',
      'Edge',
      '140',
      false,
    ],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/139.0.0.0 Mobile Safari/537.36`,
      'Android',
      'Chromium',
      '139',
      true,
    ],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Safari/537.36`,
      'Android',
      'Samsung Internet',
      '28',
      true,
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Linux', 'Firefox', '140', false],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15',
      'macOS',
      'Safari',
      '18.4',
      false,
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1',
      'iOS',
      'Safari',
      '18.4',
      true,
    ],
    [
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
      'ChromeOS',
      'Chromium',
      '138',
      false,
    ],
    ['', 'unknown', 'unknown', '', false],
    ['curl/8.0', 'unknown', 'unknown', '', false],
  ])('reads %s', (userAgent, os, name, version, isMobile) => {
    expect(readBrowserName({ userAgent })).toEqual({ os, name, version, isMobile });
  });

  it('believes what the browser tells besides: a phone that asks for pages of desktops is a phone', () => {
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/139.0.0.0 Safari/537.36`;
    const userAgentData = { mobile: true, platform: 'Android' };
    expect(readBrowserName({ userAgent, userAgentData })).toMatchObject({ os: 'Android', isMobile: true });
  });

  it('knows nothing of a browser that tells nothing', () => {
    expect(readBrowserName({})).toEqual({ os: 'unknown', name: 'unknown', version: '', isMobile: false });
  });
});
