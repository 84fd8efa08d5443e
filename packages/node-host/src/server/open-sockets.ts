import type { Server, Socket } from 'node:net';

/**
 * Notes every connection of a server, also those that have not agreed on a cipher: Node's own list begins behind that.
 * @returns closes all of them
 */
export function noteSockets(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}
