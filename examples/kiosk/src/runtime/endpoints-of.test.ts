import { describe, expect, it } from 'vitest';
import type { Server } from '../settings/settings.js';
import { endpointsOf } from './endpoints-of.js';

const site: Server = {
  id: 'site',
  url: 'http://site:8420',
  placement: 'site',
  protocol: 'oip',
  model: 'auto:{domain}',
};
const cloud: Server = { ...site, id: 'cloud', url: 'https://api.example/v1', placement: 'cloud', key: 'secret' };

describe('the servers of a visitor', () => {
  it('are tiers of the runtime, and their keys are no part of that', () => {
    const { endpoints } = endpointsOf([site, cloud]);
    expect(endpoints).toEqual([
      { ...site, tasks: ['text-classification'] },
      { ...site, id: 'cloud', url: 'https://api.example/v1', placement: 'cloud', tasks: ['text-classification'] },
    ]);
  });

  it('get their own key, at the origin that it was given for', () => {
    const { keys } = endpointsOf([site, cloud]);
    expect(keys({ endpointId: 'cloud', origin: 'https://api.example' })).toBe('secret');
    expect(keys({ endpointId: 'cloud', origin: 'https://elsewhere.example' })).toBeUndefined();
    expect(keys({ endpointId: 'site', origin: 'https://api.example' })).toBeUndefined();
  });
});
