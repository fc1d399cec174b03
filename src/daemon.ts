/** The composition of the daemon: an open Larder behind HTTP, closed in the reverse order. */
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Settings } from './config.ts';
import { findDaemon, urlOf } from './find-daemon.ts';
import { keepMemoryLow } from './host/memory.ts';
import { nodeFileSystem } from './host/node-file-system.ts';
import { systemClock } from './host/system-clock.ts';
import { systemRandom } from './host/system-random.ts';
import { freePort } from './http/free-port.ts';
import { serveHttp } from './http/server.ts';
import { openLarder, type OpenOptions } from './larder.ts';
import type { Larder } from './larder-types.ts';

export interface DaemonOptions {
  /** Absolute. */
  readonly root: string;
  readonly settings: Settings;
  /** An empty root without a history may be a disk that is not mounted. */
  readonly refuseEmpty: boolean;
  readonly log: Logger;
  /** The ports, for tests. */
  readonly host?: OpenOptions['host'];
}

export interface Daemon extends AsyncDisposable {
  readonly larder: Larder;
  readonly url: string;
}

/** Requests that run get this long to finish, so that a stop stays well below 3 s. */
const GRACE_MS = 1500;

/**
 * Answers over HTTP as soon as it resolves; lists and problems after the first scan. Rejects with a LarderError:
 * `cannot_listen`, and what `openLarder` rejects with.
 */
export async function openDaemon({ root, settings, refuseEmpty, log, host: ports }: DaemonOptions): Promise<Daemon> {
  const host = settings['listen.host'];
  // Before anything is written: a copied root gets its new log id only by a daemon that can serve it. Who serves the root says the lock.
  const isServed = findDaemon(root) !== null;
  const port = isServed ? settings['listen.port'] : await freePort(host, settings['listen.port']);
  const { durability, watcher } = settings;
  await using opening = new AsyncDisposableStack();
  const larder = opening.use(
    await openLarder({
      keepHistory: settings['history.keep'],
      root,
      refuseEmpty,
      durability,
      watcher,
      address: { host, port },
      log,
      ...(ports && { host: ports }),
    }),
  );
  const server = serveHttp({
    larder,
    config: httpConfig(settings),
    log,
    metrics: new Registry(),
    clock: systemClock,
    randomBytes: systemRandom,
    fileSystem: nodeFileSystem,
  });
  const listening = opening.adopt(await server.listen({ host, port }), (open) => open.close(GRACE_MS));
  opening.use(keepMemoryLow(systemClock));
  const open = opening.move();
  return { larder, url: urlOf(host, listening.address.port), [Symbol.asyncDispose]: () => open.disposeAsync() };
}

const httpConfig = (settings: Settings): Parameters<typeof serveHttp>[0]['config'] => ({
  hosts: settings.hosts,
  bodyLimitBytes: settings['limits.body_mb'] * 1024 * 1024,
  streams: settings['limits.streams'],
  connections: settings['limits.connections'],
});
