import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Clock, FileSystem, RandomBytes } from '../host/ports.ts';
import type { Larder } from '../larder-types.ts';
import type { FeedPages } from './feed/feed-pages.ts';
import type { HttpConfig } from './http-config.ts';

/** What the HTTP face is given; every handler works on this and on its exchange. */
export interface HttpOptions {
  readonly larder: Larder;
  readonly config: HttpConfig;
  readonly log: Logger;
  /** Ours are added to it; `/metrics` answers all of it. */
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** For the one file of the docs page, which lies in its package. */
  readonly fileSystem: FileSystem;
}

export interface Serving extends HttpOptions {
  /** Aborts when the daemon stops: streams and waits end. */
  readonly stopping: AbortSignal;
  readonly streams: StreamCount;
  readonly feedPages: FeedPages;
  /** True once the first scan is done: before, a list would silently lack what was not looked at yet. */
  readonly isReady: () => boolean;
}

/** Event streams and long polls open now. */
export interface StreamCount {
  open: number;
}
