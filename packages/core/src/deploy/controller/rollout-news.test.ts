import { describe, expect, it } from 'vitest';
import { startRollout } from '../rollout/start-rollout.js';
import type { Rollout } from '../rollout/rollout.js';
import { RolloutNews } from './rollout-news.js';

const route = (model: string, shares: Readonly<Record<string, number>>) =>
  ({ window: 'w1', model, path: { kind: 'tier', tier: model }, shares }) as const;

function newsOf(unit: Rollout['unit']): RolloutNews {
  const news = new RolloutNews();
  news.watch([{ ...startRollout({ id: 'new-1', model: 'new', instead: 'old', unit, atWallMs: 0 }), step: 1 }]);
  return news;
}

describe('audits during a rollout', () => {
  it('look at as many answers of either side where each request is drawn', () => {
    const [news, shares] = [newsOf('request'), { new: 0.1, old: 0.9 }];
    expect(news.auditShareOf(route('new', shares), 0.02)).toBeCloseTo(0.1);
    expect(news.auditShareOf(route('old', shares), 0.02)).toBeCloseTo(0.01 / 0.9);
  });

  it('do so where everything of a key goes to one side, too', () => {
    const news = newsOf('key');
    expect(news.auditShareOf(route('new', { new: 1, old: 0 }), 0.02)).toBeCloseTo(0.1);
    expect(news.auditShareOf(route('old', { new: 0, old: 1 }), 0.02)).toBeCloseTo(0.01 / 0.9);
  });

  it('are as usual for models that are in none', () => {
    const news = newsOf('request');
    expect(news.auditShareOf(route('other', { new: 0.1, old: 0.5, other: 0.4 }), 0.02)).toBe(0.02);
  });

  it('say nothing once it is over', () => {
    const news = newsOf('request');
    news.watch([]);
    expect(news.auditShareOf(route('new', { new: 0.1, old: 0.9 }), 0.02)).toBe(0.02);
  });
});
