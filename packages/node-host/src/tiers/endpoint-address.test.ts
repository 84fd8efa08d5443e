import { describe, expect, it } from 'vitest';
import { parseEndpointAddress } from './endpoint-address.js';

const parse = (text: string, allowHttp = false) => parseEndpointAddress(text, { allowHttp });

describe('the address of an endpoint', () => {
  it.each([
    ['http://localhost:8420/', 'http://localhost:8420', 'site', 'localhost-8420'],
    ['http://10.0.0.7', 'http://10.0.0.7', 'site', '10.0.0.7'],
    ['http://[fd00::7]:8420/v1/', 'http://[fd00::7]:8420/v1', 'site', 'fd00-7-8420'],
    ['http://[::1]', 'http://[::1]', 'site', '1'],
    ['http://gpu', 'http://gpu', 'site', 'gpu'],
    ['https://api.example.com/v1', 'https://api.example.com/v1', 'cloud', 'api.example.com'],
  ])('%s says where it is and what to call it', (text, url, placement, id) => {
    expect(parse(text)).toMatchObject({ url, placement, id });
  });

  it.each([
    'api.example.com',
    'ftp://gpu',
    'https://me:secret@api.example.com',
    'https://api.example.com?key=secret',
    'https://api.example.com#x',
    'http://api.example.com',
    'http://8.8.8.8',
  ])('%s is refused, and no secret repeated', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    expect(() => parse(text)).not.toThrow(/secret/);
  });

  it('may be unencrypted anywhere where that is allowed', () => {
    expect(parse('http://api.example.com', true)).toMatchObject({ placement: 'cloud' });
  });
});
