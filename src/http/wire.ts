/**
 * Answers to what never becomes a request: bytes that are no HTTP, heads that are too large or too slow, CONNECT. Node closes
 * such connections with a bare status line, or silently; here they get a problem like everybody else.
 */
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { LarderError } from '../core/errors.ts';
import { problemAnswer } from './answer/problem-json.ts';

/** A request that was never read has no id to look up in the log. */
const NO_REQUEST = '-';

export function answerOnWire(server: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (incoming, outgoing) => answering.set(incoming.socket, outgoing));
  server.on('clientError', (error: WireError, socket) => {
    const started = answering.get(socket);
    const isInAnswer = started !== undefined && started.headersSent && !started.writableFinished;
    if (isInAnswer || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else endWith(socket, meaningOf(error));
  });
  server.on('connect', (_incoming, socket) => {
    endWith(
      socket,
      new LarderError('method_not_allowed', 'CONNECT is not offered: Larder is no proxy', {
        headers: { Allow: METHODS },
      }),
    );
  });
}

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';

interface WireError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

function meaningOf(error: WireError): LarderError {
  switch (error.code ?? '') {
    case 'HPE_HEADER_OVERFLOW':
      return isInRequestLine(error)
        ? new LarderError('url_too_long', 'the URL has more than 8 KiB')
        : new LarderError('headers_too_large', 'the headers have more than 16 KiB');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new LarderError('request_timeout', 'the head of the request did not come within 10 s');
    case 'HPE_INVALID_METHOD':
      return new LarderError('bad_request', 'this method is not known to HTTP');
    default:
      return new LarderError(
        'bad_request',
        `this is not HTTP as it is understood here${error.code === undefined ? '' : ` (${error.code})`}`,
      );
  }
}

/** Node says only that the head grew too large; where it was shows in the bytes that it was reading. */
const isInRequestLine = ({ rawPacket }: WireError): boolean =>
  /^[A-Z]+ \S{8193,}/.test((rawPacket ?? Buffer.alloc(0)).subarray(0, 9000).toString('latin1'));

function endWith(socket: Duplex, error: LarderError): void {
  const { status, headers, body } = problemAnswer(error, NO_REQUEST);
  const head = { ...headers, Connection: 'close', 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  // What the client still sends is dropped, so that closing does not reset the connection under the answer.
  socket.resume();
}
