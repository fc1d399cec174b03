/**
 * What Node's server calls for each request. The head is judged here, on what was really sent, before Hono and its adapter
 * make a `Request` of it; what passes is handed on with its path in the one spelling that is routed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { LarderError } from '../core/errors.ts';
import { createApp } from './app.ts';
import type { Exchange } from './exchange.ts';
import { openMetrics } from './metrics.ts';
import { answerPlainRead, plainRead } from './plain-reads.ts';
import { answerPlainWrite, plainWrite } from './plain-writes.ts';
import { judgeSender } from './request/perimeter.ts';
import { asLarderError, problemAnswer } from './answer/problem-json.ts';
import { drainBody } from './request/request-body.ts';
import { openRequestLog } from './request-log.ts';
import type { Serving } from './serving.ts';
import { openTargets, splitAuthority, type Target } from './request/target.ts';

/** `awaitsContinue`: the client sends its body only after `100 Continue`. */
export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse, awaitsContinue: boolean) => void;

export function createListener(serving: Serving): Listener {
  const { clock } = serving;
  const judge = openJudge(serving);
  const observe = openRequestLog(serving, openMetrics(serving.metrics, serving.larder, serving.streams));
  const route = openRouter(serving);
  const nextId = requestIds(serving);
  return (incoming, outgoing, awaitsContinue) => {
    const requestId = nextId();
    const startedMs = clock.monotonicMs();
    if (hasBody(incoming)) outgoing.once('finish', () => drainBody(incoming, clock));
    try {
      const { target, trusted } = judge(incoming);
      const exchange: Exchange = {
        incoming,
        outgoing,
        requestId,
        startedMs,
        target,
        trusted,
        awaitsContinue,
        route: '',
      };
      outgoing.once('close', () => observe(exchange));
      answerWith(exchange, serving, route);
    } catch (error) {
      outgoing.once('close', () => observe({ incoming, outgoing, requestId, startedMs, route: '' }));
      refuse(outgoing, error, requestId, serving);
    }
  };
}

function answerWith(exchange: Exchange, serving: Serving, route: (exchange: Exchange) => void): void {
  const refused = (error: unknown): void => refuse(exchange.outgoing, error, exchange.requestId, serving);
  const read = plainRead(exchange);
  if (read !== null)
    return void answerPlainRead(exchange, read, serving).then((isAnswered) => isAnswered || route(exchange), refused);
  const written = plainWrite(exchange);
  if (written === null) return route(exchange);
  answerPlainWrite(exchange, written, serving).catch(refused);
}

/** Hands an exchange to Hono, with its path in the spelling that was judged. */
function openRouter(serving: Serving): (exchange: Exchange) => void {
  const app = createApp(serving);
  const exchanges = new WeakMap<object, Exchange>();
  const listener = getRequestListener((request, { outgoing }) => app.fetch(request, exchanges.get(outgoing)), {
    // Bodies are read and drained by request-body.ts.
    autoCleanupIncoming: false,
  });
  return (exchange) => {
    exchanges.set(exchange.outgoing, exchange);
    exchange.incoming.url = exchange.target.path;
    void listener(exchange.incoming, exchange.outgoing);
  };
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

/** Throws what the perimeter and the target throw, and `unauthorized`, `stopping`. */
function openJudge({ config, stopping }: Serving): (incoming: IncomingMessage) => { target: Target; trusted: boolean } {
  const targetOf = openTargets();
  return (incoming) => {
    const { authority, rest } = splitAuthority(incoming.url ?? '');
    const trusted = judgeSender(incoming, authority, config.hosts);
    if (stopping.aborted)
      throw new LarderError('stopping', 'the daemon is stopping', { headers: { Connection: 'close' } });
    refuseProtocol(incoming);
    const target = targetOf(rest);
    if (!trusted && !openToAll.has(target.path)) throw unauthorized();
    return { target, trusted };
  };
}

const openToAll: ReadonlySet<string> = new Set(['/livez', '/readyz']);

const unauthorized = (): LarderError =>
  new LarderError('unauthorized', 'this request does not come from this machine alone, and there are no keys yet', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });

/** An offer to go on in HTTP/2 may be ignored (RFC 9110, 7.8); who asks for another protocol cannot use an answer in this one. */
function refuseProtocol({ headers }: IncomingMessage): void {
  if (headers.upgrade !== undefined && !/^h2c?$/i.test(headers.upgrade)) {
    throw new LarderError(
      'bad_request',
      'Upgrade to another protocol is not offered; the feed comes as server-sent events',
    );
  }
  if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect)) {
    throw new LarderError('expectation_failed', 'no other expectation than 100-continue can be met');
  }
}

function refuse(outgoing: ServerResponse, error: unknown, requestId: string, { log }: Serving): void {
  const known = asLarderError(error);
  if (known.code === 'internal') log.error({ err: error, request_id: requestId }, 'request failed');
  const { status, headers, body } = problemAnswer(known, requestId);
  outgoing.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  outgoing.end(body);
}

/** Different after each start, and in the order of the requests. */
function requestIds({ randomBytes }: Serving): () => string {
  const start = Buffer.from(randomBytes(6)).toString('hex');
  let count = 0;
  return () => `${start}-${(count++).toString(36)}`;
}
