/** One line a request in the log, and its figures. Never a body, a query, or a credential. */
import type { Exchange } from './exchange.ts';
import type { HttpMetrics } from './metrics.ts';
import type { Serving } from './serving.ts';

type Observed = Pick<Exchange, 'incoming' | 'outgoing' | 'requestId' | 'startedMs' | 'route'> &
  Partial<Pick<Exchange, 'target'>>;

/** Writes and refusals at `info`, reads at `debug`: a machine that polls must not fill the log. */
export function openRequestLog({ log, clock }: Serving, metrics: HttpMetrics): (exchange: Observed) => void {
  return ({ incoming, outgoing, requestId, startedMs, route, target }) => {
    const ms = clock.monotonicMs() - startedMs;
    const method = incoming.method ?? '';
    const status = outgoing.statusCode;
    metrics.observe(method, route, status, ms / 1000);
    const level = status >= 400 || !(method === 'GET' || method === 'HEAD') ? 'info' : 'debug';
    if (!log.isLevelEnabled(level)) return;
    const cut = !outgoing.writableFinished;
    log[level](
      {
        request_id: requestId,
        method,
        route,
        path: target?.path,
        status,
        ms: Math.round(ms * 10) / 10,
        ...(cut && { cut }),
      },
      'request',
    );
  };
}
