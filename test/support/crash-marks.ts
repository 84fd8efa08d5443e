import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Waits until a model is marked to be loaded, for somebody or for nobody yet, or to run. */
export async function markOf(page: Page, modelId: string, phase: 'load ahead' | 'load' | 'run'): Promise<void> {
  await page.evaluate(
    async (wanted) => {
      const root = await navigator.storage.getDirectory();
      for (;;) {
        const folder = await root.getDirectoryHandle('terrace-crashes');
        for await (const file of folder.values()) {
          const isStanding = (mark: { modelId: string; phase: string; isAhead?: boolean }): boolean =>
            mark.modelId === wanted.modelId && `${mark.phase}${mark.isAhead ? ' ahead' : ''}` === wanted.phase;
          const marks = await (file as FileSystemFileHandle)
            .getFile()
            .then((found) => found.text())
            .then((text) => JSON.parse(text.split('\n')[1]!) as never[])
            // It is being written: gone, empty or half there.
            .catch(() => []);
          if (marks.some(isStanding)) return;
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    { modelId, phase },
  );
}

/** Ends every pause, as if so much time had passed; no runtime may be open. */
export async function endPauses(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('terrace-crashes');
        opening.addEventListener('error', () => reject(opening.error!));
        opening.addEventListener('success', () => {
          const database = opening.result;
          const transaction = database.transaction('values', 'readwrite');
          const cursor = transaction.objectStore('values').openCursor();
          cursor.addEventListener('success', () => {
            if (!cursor.result) return;
            cursor.result.update({ ...cursor.result.value, untilWallMs: Date.now() - 1 });
            cursor.result.continue();
          });
          transaction.addEventListener('complete', () => {
            database.close();
            resolve();
          });
        });
      }),
  );
}

/** As if nothing had ever died. The file of a runtime that was ended with its page is in use for a moment longer. */
export async function forgetCrashes(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(removeMarks), { timeout: 20_000 }).toBe(true);
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase('terrace-crashes');
        deleting.addEventListener('error', () => reject(deleting.error!));
        deleting.addEventListener('success', () => resolve());
      }),
  );
}

/** Runs in the page. @returns whether none is left */
async function removeMarks(): Promise<boolean> {
  const root = await navigator.storage.getDirectory();
  return root.removeEntry('terrace-crashes', { recursive: true }).then(
    () => true,
    ({ name }: DOMException) => name === 'NotFoundError',
  );
}
