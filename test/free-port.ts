/**
 * A port for a daemon that is stopped and started again on it. It lies below those that the kernel gives away (32768 and up on
 * Linux, net.ipv4.ip_local_port_range; 49152 and up elsewhere): of those, any other test's listener on port 0, or the client's
 * end of any connection, may take one while the daemon is down, and its next start would be refused.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const [LOWEST, BEHIND] = [20_000, 32_768];

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, BEHIND);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
