import { describe, it } from 'vitest';
import { HAS_CHROMIUM } from './support/chromium.js';
import { liveADay } from './support/kiosk-day.js';
import { expectSteady } from './support/expect-steady.js';

describe.skipIf(!HAS_CHROMIUM || process.platform !== 'linux')('a kiosk (needs Chromium and /proc)', () => {
  it('holds in the evening what it held at noon (all of it: npm run soak)', { timeout: 240_000 }, async () => {
    expectSteady(await liveADay(9, { questions: 16, burst: 4 }));
  });
});
