/** Routes on Hono's router, with 404 and 405 for what none of them takes. */
import type { Context, Hono } from 'hono';
import { LarderError } from '../core/errors.ts';
import type { Address } from '../core/url-paths.ts';
import type { HttpEnv } from './exchange.ts';
import { notOffered } from './request/addresses.ts';
import { refuseUnknown } from './request/query.ts';
import { displayPath, type Method, type Route } from './route.ts';

/** Mounts the routes in their order: where two patterns fit a path, the earlier wins. */
export function mountRoutes(app: Hono<HttpEnv>, routes: readonly Route[]): void {
  for (const route of routes) {
    const pattern = displayPath(route.path);
    const fits = meaningOf(route.path);
    app.on(route.method, route.path, (c) => {
      const { target } = c.env;
      if (!fits(target.address)) throw refusalOf(app, c);
      c.env.route = pattern;
      if (target.query.size > 0) refuseUnknown(target.query, route.parameters);
      return route.handle(c);
    });
  }
  app.notFound((c) => {
    throw refusalOf(app, c);
  });
}

/**
 * Whether a pattern says the same of a path as its address does. An id may hold slashes, so its pattern alone would also
 * take `a/_history` for an id.
 */
function meaningOf(pattern: string): (address: Address | null) => boolean {
  const operation = pattern.split('/').find((segment) => segment.startsWith('_'));
  const isOfFile = pattern.includes('/files/');
  return (address) =>
    address === null || (address.operation[0] === operation && (address.kind === 'file') === isOfFile);
}

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function refusalOf(app: Hono<HttpEnv>, { req, env }: Context<HttpEnv>): LarderError {
  const { path, address } = env.target;
  const isOffered = (method: Method): boolean =>
    app.router.match(method, path)[0].some(([[, route]]) => meaningOf(route.path)(address));
  const allow = METHODS.filter(isOffered).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  if (allow.length === 0) return notOffered(path, address?.operation[0]);
  const detail = `${req.method} is not offered for ${path}; ${allow.join(', ')} are`;
  return new LarderError('method_not_allowed', detail, { headers: { Allow: allow.join(', ') } });
}
