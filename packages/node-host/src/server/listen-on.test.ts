import dns from 'node:dns';
import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isLoopback } from './listen-on.js';
import { startServer } from './testing/start-server.js';

describe('where a server listens', () => {
  it('is one address, also under a name that has several: what comes in by another would be cut off', async () => {
    const real = dns.lookup;
    const both = [1, 2].map((last) => ({ address: `127.0.0.${last}`, family: 4 }));
    const answer = (name: string, options: { all?: boolean }, done: (error: null, found: unknown) => void): void =>
      options.all && name === 'localhost' ? done(null, both) : real(name, options as never, done as never);
    const spy = vi.spyOn(dns, 'lookup').mockImplementation(answer as never);
    onTestFinished(() => spy.mockRestore());
    const { listen } = await startServer({ host: 'localhost' });
    const { url, port } = await listen();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const other = connect(port, '127.0.0.2');
    const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('is told where nobody can listen', async () => {
    const taken = await startServer();
    const { port } = await taken.listen();
    const second = await startServer({ port });
    await expect(second.listen()).rejects.toMatchObject({ code: 'INVALID_REQUEST', facts: { errno: 'EADDRINUSE' } });
    const nowhere = await startServer({ host: 'no-such-host.invalid' });
    await expect(nowhere.listen()).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['', false],
    ['::ffff:127.0.0.1', false],
    ['127.0.0.1.example', false],
    ['localhost.example', false],
  ])('is on this host only: %s', (host, only) => expect(isLoopback(host)).toBe(only));
});
