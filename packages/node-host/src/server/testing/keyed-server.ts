import { systemClock } from '../../system-clock.js';
import { createKeyDoor } from '../keys/key-door.js';
import { hashToken, makeToken, type ServerKey } from '../keys/server-key.js';
import { startServer } from './start-server.js';

/** A server with one key, and requests that bring it. */
export async function addressed(key: Partial<ServerKey> | 'none' = {}) {
  const token = makeToken();
  const hash = hashToken(token).toString('hex');
  const keys: ServerKey[] = [
    { name: 'phone', hash, createdAt: new Date(0).toISOString(), ...(key === 'none' ? {} : key) },
  ];
  const server = await startServer(key === 'none' ? {} : { door: createKeyDoor(() => keys, systemClock) });
  const post = (body: object, headers: Readonly<Record<string, string>> = {}) =>
    server.app.inject({
      method: 'POST',
      url: '/v1/infer',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      payload: JSON.stringify(body),
    });
  const get = async (url: string): Promise<number> => (await server.app.inject(url)).statusCode;
  return { ...server, post, get };
}
