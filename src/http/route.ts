/**
 * A route as one value: where it is, what it takes, what it answers, and the handler. Mounting, the check of parameters, 405
 * with `Allow`, the labels of metrics, the OpenAPI description and the test of the reference all read the same table.
 */
import type { Context } from 'hono';
import type { HttpEnv } from './exchange.ts';
import type { Parameter } from './request/parameters.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  /** GET answers HEAD as well. */
  readonly method: Method;
  /** Hono's pattern; `{.+}` marks what may hold slashes. */
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly Parameter<unknown>[];
  /** Request headers that mean something here. */
  readonly requestHeaders: readonly string[];
  /** Media types of the body; none: no body. */
  readonly bodies: readonly string[];
  /** Media types of the answer; none: no body, or bytes of any kind. */
  readonly answers: readonly string[];
  /** Statuses of success, the usual one first. */
  readonly statuses: readonly number[];
  readonly handle: (c: Context<HttpEnv>) => Response | Promise<Response>;
}

/** The path as people and OpenAPI write it: `/v1/{ns}/{collection}/{id}`. */
export const displayPath = (path: string): string => path.replaceAll(/:(\w+)(?:\{[^/]*\})?/g, '{$1}');
