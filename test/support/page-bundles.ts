import type { BundleSigner, ExportOptions, ImportOptions, Imported } from '@terrace/browser-host';
import type { Page } from 'playwright-core';
import { outcomeOf } from './page-runtime.js';

export interface PageImport extends Imported {
  readonly signer: BundleSigner;
  /** How far it was, as it was told. */
  readonly shares: readonly number[];
}

/** What a page is told of an export, its file aside. */
interface PageExport {
  readonly models: readonly string[];
  readonly deltas: readonly string[];
  readonly calibrated: readonly string[];
  readonly leftOut: readonly string[];
}

/** Gives the page a file as a user does who chooses it. */
async function choose(page: Page, file: string): Promise<void> {
  await page.evaluate(() => {
    if (document.querySelector('#bundle')) return;
    const input = Object.assign(document.createElement('input'), { type: 'file', id: 'bundle' });
    document.body.append(input);
  });
  await page.locator('#bundle').setInputFiles(file);
}

/** Imports a file of this machine into the page's runtime. @throws Error with the data of the page's error */
export async function importFile(page: Page, file: string, options: ImportOptions = {}): Promise<PageImport> {
  await choose(page, file);
  const work = (given: ImportOptions) =>
    window.driver.attempt(async () => {
      const [chosen] = [...document.querySelector<HTMLInputElement>('#bundle')!.files!];
      const shares: number[] = [];
      const onProgress = ({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }): void =>
        void shares.push(doneBytes / totalBytes);
      return { ...(await window.driver.runtime.importBundle(chosen!, { ...given, onProgress })), shares };
    });
  return outcomeOf(page.evaluate(work, options));
}

/** Saves what the page exports, as a download does. @throws Error with the data of the page's error */
export async function exportTo(page: Page, file: string, options: ExportOptions = {}): Promise<PageExport> {
  const work = (given: ExportOptions) =>
    window.driver.attempt(async () => {
      const { file: blob, ...rest } = await window.driver.runtime.exportBundle(given);
      const href = URL.createObjectURL(blob);
      const link = Object.assign(document.createElement('a'), { href, download: 'models.terrace', id: 'exported' });
      document.querySelector('#exported')?.remove();
      link.textContent = 'models.terrace';
      document.body.append(link);
      return rest;
    });
  const exported = await outcomeOf(page.evaluate(work, options));
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#exported').click()]);
  await download.saveAs(file);
  return exported;
}
