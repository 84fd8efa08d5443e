import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isInstalled } from './installed-backend.js';

it('is what the runtime has built in, and what has its library beside it', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-backend-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(isInstalled({ bundled: true }, [])).toBe(true);
  expect(isInstalled({ bundled: false }, [folder])).toBe(false);
  writeFileSync(path.join(folder, 'libonnxruntime_providers_shared.so'), '');
  expect(isInstalled({ bundled: false }, ['/no/such/folder', folder])).toBe(true);
});

it('looks beside the runtime that is installed here', () => {
  expect(isInstalled({ bundled: true })).toBe(true);
  expect(typeof isInstalled({ bundled: false })).toBe('boolean');
});
