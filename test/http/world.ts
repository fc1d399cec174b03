/** A daemon's HTTP face over a real root in a temporary directory, and the clients that tests speak to it with. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock } from '../../src/host/ports.ts';
import type { SimulatedClock } from '../../src/host/simulated-clock.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { DEFAULT_HTTP_CONFIG, type HttpConfig } from '../../src/http/http-config.ts';
import { serveHttp, type Listening } from '../../src/http/server.ts';
import type { Larder } from '../../src/larder-types.ts';
import { openLarder, type OpenOptions } from '../../src/larder.ts';
import { request, type Answer, type RequestOptions } from './client.ts';

export type Files = Readonly<Record<string, string | Uint8Array | object>>;

export interface World extends AsyncDisposable {
  readonly root: string;
  readonly larder: Larder;
  readonly listening: Listening;
  readonly port: number;
  /** Lines of the log, as JSON. */
  readonly logged: Record<string, unknown>[];
  readonly ask: (method: string, path: string, options?: RequestOptions) => Promise<Answer>;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>;
  readonly put: (path: string, body: string | Uint8Array | object, headers?: Record<string, string>) => Promise<Answer>;
  /** Saves a file below the root, as an editor does. */
  readonly save: (path: string, body: string | Uint8Array | object) => void;
}

export interface WorldOptions {
  readonly files?: Files;
  readonly config?: Partial<HttpConfig>;
  /** A simulated one moves only when the test says so. */
  readonly clock?: Clock | SimulatedClock;
  /** Wraps the Larder, for states that are hard to reach from outside. */
  readonly wrap?: (larder: Larder) => Larder;
  readonly open?: Partial<OpenOptions>;
}

export async function openWorld({
  files = {},
  config = {},
  clock = systemClock,
  wrap = (x) => x,
  open = {},
}: WorldOptions = {}): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'larder-http-'));
  const save = (path: string, body: string | Uint8Array | object): void => saveFile(join(root, path), body);
  for (const [path, body] of Object.entries(files)) save(path, body);
  const larder = await openLarder({ root, ...open });
  await larder.ready;
  const logged: Record<string, unknown>[] = [];
  const listening = await serveHttp({
    larder: wrap(larder),
    config: { ...DEFAULT_HTTP_CONFIG, ...config },
    log: logInto(logged),
    metrics: new Registry(),
    clock,
    randomBytes: systemRandom,
    fileSystem: nodeFileSystem,
  }).listen({ host: '127.0.0.1', port: 0 });
  const { port } = listening.address;
  const ask: World['ask'] = (method, path, options) => request(port, method, path, options);
  return {
    root,
    larder,
    listening,
    port,
    logged,
    ask,
    save,
    get: (path, headers = {}) => ask('GET', path, { headers }),
    put: (path, body, headers = {}) =>
      ask('PUT', path, {
        body,
        headers,
      }),
    [Symbol.asyncDispose]: async () => {
      await whileTimePasses(clock, 50, listening.close(1e3));
      await larder[Symbol.asyncDispose]();
      rmSync(root, {
        recursive: true,
        force: true,
      });
    },
  };
}

/** Lets a simulated clock run until the work is done. Between its steps sockets get their turn. */
export async function whileTimePasses<T>(clock: Clock | SimulatedClock, stepMs: number, work: Promise<T>): Promise<T> {
  const ending = new AbortController();
  const ended = work.finally(() => ending.abort());
  if (!('advance' in clock)) return ended;
  while (!ending.signal.aborted) {
    await clock.advance(stepMs);
    await new Promise((resolve) => void setImmediate(resolve));
  }
  return ended;
}

function saveFile(path: string, body: string | Uint8Array | object): void {
  mkdirSync(dirname(path), { recursive: true });
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  writeFileSync(path, isText ? body : `${JSON.stringify(body, null, 2)}\n`);
}

const logInto = (lines: Record<string, unknown>[]): Logger =>
  pino({ level: 'debug', base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
