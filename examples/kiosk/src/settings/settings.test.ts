import { describe, expect, it } from 'vitest';
import { parseSettings } from './settings.js';

describe('settings', () => {
  it('begin with the language of the visitor', () => {
    expect(parseSettings(null, ['ja-JP'])).toEqual({
      language: 'ja',
      theme: 'system',
      desk: 'clinc150',
      demand: 'usual',
      servers: [],
      remembers: true,
    });
  });

  it('are as they were left', () => {
    const settings = {
      language: 'en',
      theme: 'dark',
      desk: 'banking77',
      demand: 'certified',
      servers: [
        { id: 'site', url: 'http://10.0.0.7:8420', placement: 'site', protocol: 'oip', model: 'auto:{domain}' },
      ],
      remembers: false,
    };
    expect(parseSettings(JSON.stringify(settings), ['ja'])).toEqual(settings);
  });

  it('take nothing that makes no sense', () => {
    const damaged = [
      '',
      'null',
      '[]',
      '7',
      '{"theme":"pink","desk":{},"servers":[{"id":1},null,"x"]}',
      '{"servers":{}}',
    ];
    for (const kept of damaged) expect(parseSettings(kept, ['en'])).toEqual(parseSettings(null, ['en']));
  });
});
