import { expect, it } from 'vitest';
import { addressOf, SiteVersion } from './site-version.js';

const LIST = 'https://kiosk.example/shop/offline.json';
const fileAt = (path: string) => ({ path, bytes: 1, sha256: '' });
const version = new SiteVersion({
  listUrl: LIST,
  list: {
    version: 'one',
    files: ['index.html', 'help.html', 'de/index.html', 'a b/ü%#?.js', 'a:b.js', '@x+y,z.js'].map(fileAt),
  },
});
const found = (address: string, isPage: boolean): string | undefined => {
  const what = version.find(new URL(address, LIST).href, isPage);
  return what instanceof URL ? `go to ${what.href}` : what?.path;
};

it.each([
  ['./', 'index.html'],
  ['./?lang=ja', 'index.html'],
  ['index.html#top', 'index.html'],
  ['help', 'help.html'],
  ['de/', 'de/index.html'],
  ['de?x=1', 'go to https://kiosk.example/shop/de/?x=1'],
  ['absent', undefined],
  ['../', undefined],
  ['/', undefined],
  ['/shopping/', undefined],
  ['%E0%A4%A', undefined],
  ['https://elsewhere.example/shop/', undefined],
])('the page at %s is %s', (address, path) => {
  expect(found(address, true)).toBe(path);
});

it('what is no page has its own name alone', () => {
  for (const address of ['./', 'help', 'de', 'de/']) expect(found(address, false)).toBeUndefined();
  expect(found('help.html?v=2', false)).toBe('help.html');
});

it('every file is found at its address', () => {
  for (const file of version.list.files) expect(version.find(addressOf(file, LIST), false)).toBe(file);
});
