/** The HTTP face on a socket: limits of connections, and an orderly end. */
import { setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../host/ports.ts';
import { bind } from './free-port.ts';
import { openFeedPages } from './feed/feed-pages.ts';
import { HEADERS_LIMIT_BYTES, HEADERS_WITHIN_MS, IDLE_MS, URL_LIMIT_BYTES } from './http-config.ts';
import { createListener } from './listener.ts';
import type { HttpOptions, Serving } from './serving.ts';
import { answerOnWire } from './wire.ts';

export interface Listening {
  readonly address: { readonly host: string; readonly port: number };
  /** Ends streams, refuses new work, lets what runs finish, and closes what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface HttpServer {
  /** Port 0: any free one. Throws LarderError `cannot_listen`. */
  listen(at: { readonly host: string; readonly port: number }): Promise<Listening>;
}

export function serveHttp(options: HttpOptions): HttpServer {
  const stop = new AbortController();
  // Each open stream listens to it.
  setMaxListeners(0, stop.signal);
  const server = openServer(createServing(options, stop.signal));
  return {
    listen: async ({ host, port }) => {
      await bind(server, host, port);
      const { address, port: taken } = server.address() as AddressInfo;
      return {
        address: { host: address, port: taken },
        close: (graceMs) => closeServer(server, stop, options.clock, graceMs),
      };
    },
  };
}

function createServing(options: HttpOptions, stopping: AbortSignal): Serving {
  let ready = false;
  // A scan that fails is the daemon's to tell; here it only means that lists stay closed.
  options.larder.ready.then(
    () => (ready = true),
    () => (ready = false),
  );
  return { ...options, stopping, streams: { open: 0 }, feedPages: openFeedPages(options.larder), isReady: () => ready };
}

function openServer(serving: Serving): Server {
  const listener = createListener(serving);
  const server = createServer({
    maxHeaderSize: URL_LIMIT_BYTES + HEADERS_LIMIT_BYTES,
    headersTimeout: HEADERS_WITHIN_MS,
    connectionsCheckingInterval: 1000,
    // Bodies have their own pace (request-body.ts); a long bulk is no fault.
    requestTimeout: 0,
    keepAliveTimeout: IDLE_MS,
    // A missing Host is told as a problem by perimeter.ts.
    requireHostHeader: false,
  });
  // Whoever closes the sending side behind a request still reads (RFC 9112, 9.6): a write that is done must be answered.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxConnections = serving.config.connections;
  server.on('request', (incoming, outgoing) => listener(incoming, outgoing, false));
  server.on('checkContinue', (incoming, outgoing) => listener(incoming, outgoing, true));
  server.on('checkExpectation', (incoming, outgoing) => listener(incoming, outgoing, false));
  answerOnWire(server);
  return server;
}

const SWEEP_MS = 50;

/** Connections become idle one after another as their answers end; Node closes only those that are idle when it is asked. */
async function closeServer(server: Server, stop: AbortController, clock: Clock, graceMs: number): Promise<void> {
  stop.abort();
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  const force = clock.after(graceMs, () => server.closeAllConnections());
  let sweep = clock.after(SWEEP_MS, function again() {
    server.closeIdleConnections();
    sweep = clock.after(SWEEP_MS, again);
  });
  await closed;
  force.cancel();
  sweep.cancel();
}
