import { describeClockContract } from '@terrace/core/testing';
import { systemClock } from './system-clock.js';

describeClockContract('the clock of the browser', () => ({ clock: systemClock }));
