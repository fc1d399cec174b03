/** Asks for a port without keeping it: the lock names it, and a refusal is told, before anything else of a daemon is there. */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { LarderError } from '../core/errors.ts';

/** Port 0: any free one. Throws LarderError `cannot_listen`. */
export async function freePort(host: string, wanted: number): Promise<number> {
  const server = createServer();
  await bind(server, host, wanted);
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}

/** Throws LarderError `cannot_listen`. */
export function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(new LarderError('cannot_listen', `${host}:${port}: ${error.code ?? error.message}`, { cause: error }));
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
