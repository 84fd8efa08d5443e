import type { WorkerScope } from './worker-scope.js';

export interface BrowserName {
  readonly os: string;
  readonly name: string;
  /** `156`, or `18.4` where a browser counts that way: what changes kernels, and no patch of a week. */
  readonly version: string;
  readonly isMobile: boolean;
}

export const UNKNOWN_BROWSER: BrowserName = { os: 'unknown', name: 'unknown', version: '', isMobile: false };

/** In this order: every browser claims to be those after it as well. */
const NAMES = [
  ['Edge', /\bEdgA?\/(\S+)/],
  ['Opera', /\bOPR\/(\S+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\S+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\S+)/],
  ['Chromium', /\b(?:HeadlessChrome|Chromium|Chrome|CriOS)\/(\S+)/],
  ['Safari', /\bVersion\/(\S+).*\bSafari\//],
] as const;

const SYSTEMS = [
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['Windows', /\bWindows\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
] as const;

/**
 * Which browser on which system, by its user agent, which all of them have; `userAgentData` is believed for whether it
 * is a phone and for the system, as there a user agent may be one for desktops.
 */
export function readBrowserName({ userAgent = '', userAgentData: data }: WorkerScope['navigator'] & {}): BrowserName {
  const [name, version] = NAMES.flatMap(([each, pattern]) => {
    const found = pattern.exec(userAgent)?.[1];
    return found === undefined ? [] : [[each, found] as const];
  })[0] ?? ['unknown', ''];
  return {
    os: data?.platform || (SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? 'unknown'),
    name,
    version: /^\d+(?:\.[1-9]\d*)?/.exec(version)?.[0] ?? '',
    isMobile: data?.mobile === true || /\bMobile\b|\bAndroid\b|\biPad\b/.test(userAgent),
  };
}
