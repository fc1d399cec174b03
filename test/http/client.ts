/** HTTP clients that send exactly what they are told: paths are not normalised, headers not added. */
import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** Undefined when the body is no JSON. */
  readonly json: unknown;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  readonly body?: string | Uint8Array | object;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

export function request(port: number, method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const { headers = {}, body } = options;
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
  const bytes = body === undefined ? undefined : Buffer.from(isJson ? JSON.stringify(body) : body);
  const all = {
    ...(isJson && { 'content-type': 'application/json' }),
    ...(bytes && { 'content-length': bytes.length }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers: all, agent }, (incoming) => {
      answerOf(incoming).then(resolve, reject);
    });
    sent.on('error', (error) => {
      // The server closed an idle connection just when it was used again: a read may be asked once more (RFC 9112, 9.3.1).
      if (sent.reusedSocket && method === 'GET') resolve(request(port, method, path, options));
      else reject(error);
    });
    sent.end(bytes);
  });
}

async function answerOf(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return parsed(incoming.statusCode ?? 0, incoming.headers, Buffer.concat(chunks));
}

function parsed(status: number, headers: IncomingHttpHeaders, bytes: Buffer): Answer {
  const text = bytes.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status, headers, bytes, text, json };
}

/**
 * Sends bytes as they are and reads until the server closes, or an answer with a length is whole. Status 0: nothing came, for
 * as long as `patienceMs` where that is given.
 */
export function raw(port: number, bytes: string | Uint8Array, patienceMs?: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    if (patienceMs !== undefined) socket.setTimeout(patienceMs, () => settle());
    const settle = (): void => {
      socket.destroy();
      resolve(parseAnswer(received));
    };
    socket.on('connect', () => socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (isWhole(received)) settle();
    });
    socket.on('end', settle);
    socket.on('close', settle);
    socket.on('error', settle);
  });
}

function isWhole(received: Buffer): boolean {
  const head = received.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.toString('latin1', 0, Math.max(head, 0)))?.[1];
  return head >= 0 && length !== undefined && received.length >= head + 4 + Number(length);
}

function parseAnswer(received: Buffer): Answer {
  const end = received.indexOf('\r\n\r\n');
  const [status = '', ...lines] = received.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return parsed(Number(status.split(' ')[1] ?? 0), headers, end < 0 ? Buffer.alloc(0) : received.subarray(end + 4));
}
