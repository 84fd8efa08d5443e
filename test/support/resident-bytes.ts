import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** What all processes of a browser hold, in bytes; on Linux. */
export async function residentBytes(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const kibibytes = processInfo.map(({ id }) => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]);
  return kibibytes.reduce((sum, each) => sum + Number(each ?? 0) * 1024, 0);
}
