import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Target } from './request/target.ts';

/** One request and its answer, from the moment its head was read; what every handler is given as Hono's `c.env`. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Shown as `Larder-Request-Id`, in problems and in the log. */
  readonly requestId: string;
  /** By the monotonic clock. */
  readonly startedMs: number;
  readonly target: Target;
  /** Asked over loopback under a loopback name, without a trace of a proxy: needs no key. */
  readonly trusted: boolean;
  /** The client waits for `100 Continue` before it sends its body. */
  readonly awaitsContinue: boolean;
  /** Pattern of the route that took it, for metrics and log; empty when none did. */
  route: string;
}

/** Hono's type parameter for our applications. */
export interface HttpEnv {
  readonly Bindings: Exchange;
}
