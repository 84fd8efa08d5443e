import { describe, it } from 'vitest';
import { HAS_CHROMIUM } from '../support/chromium.js';
import { expectSteady } from '../support/expect-steady.js';
import { growthOf, liveADay } from '../support/kiosk-day.js';

const HOURS = 24;
const QUESTIONS_AN_HOUR = 300;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

describe.skipIf(!HAS_CHROMIUM || process.platform !== 'linux')('a kiosk (needs Chromium and /proc)', () => {
  it('holds after 24 hours what it held after 12', async () => {
    const fromMs = Date.now();
    const day = await liveADay(HOURS, { questions: QUESTIONS_AN_HOUR, burst: 5 });
    const minutes = ((Date.now() - fromMs) / 60_000).toFixed(1);
    const sumOf = (what: 'answered' | 'climbed' | 'left' | 'waited'): number =>
      day.tallies.reduce((sum, tally) => sum + tally[what], 0);
    print(
      `${HOURS} hours in ${minutes} minutes: ${sumOf('answered')} answered, ${sumOf('climbed')} of them climbed, ` +
        `${sumOf('left')} left, ${sumOf('waited')} waited for the network`,
    );
    print(`grown from the middle of the day to its last third: ${JSON.stringify(growthOf(day))}`);
    expectSteady(day);
  });
});
