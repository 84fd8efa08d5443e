import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchIdleness } from './idle-watch.js';

describe('idleness', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('begins when nobody has touched the page for a while, and is told once', () => {
    const onIdle = vi.fn<() => void>();
    const page = new EventTarget();
    watchIdleness(page, 90_000, onIdle);
    vi.advanceTimersByTime(89_000);
    page.dispatchEvent(new Event('keydown'));
    vi.advanceTimersByTime(89_000);
    expect(onIdle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(500_000);
    expect(onIdle).toHaveBeenCalledTimes(1);
    page.dispatchEvent(new Event('pointerdown'));
    vi.advanceTimersByTime(90_000);
    expect(onIdle).toHaveBeenCalledTimes(2);
  });

  it('is not watched any more once that was ended', () => {
    const onIdle = vi.fn<() => void>();
    const page = new EventTarget();
    watchIdleness(page, 1000, onIdle)();
    page.dispatchEvent(new Event('keydown'));
    vi.advanceTimersByTime(5000);
    expect(onIdle).not.toHaveBeenCalled();
  });
});
