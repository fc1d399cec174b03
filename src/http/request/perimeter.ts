/**
 * Who may ask at all, judged on the head of the request before anything is routed (API.md, Perimeter).
 *
 * A web page can make a browser send requests to loopback, and DNS rebinding makes them look like the page's own: so the
 * `Host` must be one of ours, with our port, and an `Origin` must be that very host. Behind a proxy every request comes from
 * loopback: so whatever bears the mark of a proxy needs a key, and so does a configured host.
 */
import type { IncomingMessage } from 'node:http';
import { LarderError } from '../../core/errors.ts';
import { HEADERS_LIMIT_BYTES } from '../http-config.ts';

/**
 * True when the request needs no key. Throws `headers_too_large`, `bad_request` (no Host, or two), `wrong_host`,
 * `forbidden_origin`.
 */
export function judgeSender(incoming: IncomingMessage, authority: string | null, hosts: readonly string[]): boolean {
  const seen = surveyHeaders(incoming.rawHeaders);
  if (seen.bytes > HEADERS_LIMIT_BYTES) {
    throw new LarderError(
      'headers_too_large',
      `the headers have ${seen.bytes} bytes, at most ${HEADERS_LIMIT_BYTES} are allowed`,
    );
  }
  if (seen.hosts !== 1)
    throw new LarderError('bad_request', seen.hosts === 0 ? 'Host is missing' : 'Host is given twice');
  const host = (authority ?? incoming.headers.host ?? '').toLowerCase();
  const kind = judgeHost(host, incoming.socket.localPort ?? 0, hosts);
  if (kind === 'unknown')
    throw new LarderError('wrong_host', `Host ${JSON.stringify(host.slice(0, 200))} is not answered here`);
  judgeOrigin(incoming, host);
  return kind === 'loopback' && !seen.forwarded && isLoopbackAddress(incoming.socket.remoteAddress ?? '');
}

interface Survey {
  readonly bytes: number;
  readonly hosts: number;
  readonly forwarded: boolean;
}

/** One pass over the headers as they were sent: Node joins or drops repeated ones in `headers`. */
function surveyHeaders(rawHeaders: readonly string[]): Survey {
  let bytes = 0;
  let hosts = 0;
  let forwarded = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    bytes += name.length + (rawHeaders[i + 1] ?? '').length + 4;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    else if (proxyMark.test(name)) forwarded = true;
  }
  return { bytes, hosts, forwarded };
}

const proxyMark = /^(?:x-forwarded-|(?:forwarded|via|x-real-ip)$)/i;

/** Whether a `Host` is ours. A missing port is the port 80 of http, which only a configured host may leave out. */
export function judgeHost(
  host: string,
  port: number,
  configured: readonly string[],
): 'loopback' | 'configured' | 'unknown' {
  const [, name = '', explicitPort = '80'] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(host) ?? [];
  if (isLoopbackName(name) && explicitPort === String(port)) return 'loopback';
  const isOurs = configured.some((entry) => entry.toLowerCase() === host || `${entry.toLowerCase()}:${port}` === host);
  return isOurs ? 'configured' : 'unknown';
}

const isLoopbackName = (name: string): boolean => name === 'localhost' || name === '[::1]' || isLoopbackAddress(name);

/** 127.0.0.0/8 and ::1, also as the v4-mapped address that a dual-stack socket shows. */
const isLoopbackAddress = (address: string): boolean =>
  address === '::1' || /^(?:::ffff:)?127\.(?:\d{1,3}\.){2}\d{1,3}$/.test(address);

function judgeOrigin(incoming: IncomingMessage, host: string): void {
  const { origin } = incoming.headers;
  const scheme = incoming.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  if (origin !== undefined && origin !== `${scheme}://${host}`) {
    throw new LarderError(
      'forbidden_origin',
      `Origin ${JSON.stringify(origin.slice(0, 200))} is not ${scheme}://${host}`,
    );
  }
  if (incoming.headers['sec-fetch-site'] === 'cross-site') {
    throw new LarderError(
      'forbidden_origin',
      'the request comes from a page of another site (Sec-Fetch-Site: cross-site)',
    );
  }
}
