import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startReadingTime } from './reading-time.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('is over after so long, and says how long that was', () => {
  const onOver = vi.fn<(error: Error) => void>();
  startReadingTime(20_000, onOver);
  vi.advanceTimersByTime(19_999);
  expect(onOver).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onOver.mock.calls).toEqual([[expect.objectContaining({ facts: { reason: 'too-slow' } })]]);
  expect(onOver.mock.calls[0]![0].message).toBe('The document was not read within 20 s.');
});

it('is a tenth of a second longer with each page that was read', () => {
  const onOver = vi.fn<(error: Error) => void>();
  const time = startReadingTime(1000, onOver);
  for (let page = 0; page < 30; page++) time.page();
  vi.advanceTimersByTime(3000);
  time.page();
  vi.advanceTimersByTime(1099);
  expect(onOver).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onOver.mock.calls[0]![0].message).toBe('The document was not read within 4.1 s.');
});

it('is not over once it was stopped', () => {
  const onOver = vi.fn<(error: Error) => void>();
  startReadingTime(10, onOver).stop();
  vi.advanceTimersByTime(1000);
  expect(onOver).not.toHaveBeenCalled();
});
