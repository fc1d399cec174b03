import * as fc from 'fast-check';
import { test } from 'vitest';
import { alive, expectAlive, expectAnswered } from './answered.ts';
import { raw } from './client.ts';
import { openWorld } from './world.ts';

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString('latin1'));
const segment = fc.oneof(
  fc.constantFrom(
    'v1',
    'lod',
    'customers',
    'a',
    'files',
    '_changes',
    '_schema',
    '_bulk',
    '_history',
    '_problems',
    '..',
    '',
    '%2e',
    '%00',
    '*',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
  bytes,
);
const parameter = fc.tuple(
  fc.constantFrom('_limit', '_cursor', '_at', '_since', '_wait', '_meta', '_atomic', 'x'),
  fc.oneof(bytes, fc.constantFrom('1', '-1', '1e3', 'now', '%ff')),
);
const header = fc.tuple(
  fc.constantFrom(
    'Content-Type',
    'Accept',
    'If-Match',
    'If-None-Match',
    'Range',
    'Prefer',
    'Last-Event-ID',
    'Origin',
    'Expect',
    'Transfer-Encoding',
    'Larder-Session',
    'X-Odd',
  ),
  fc.oneof(
    bytes,
    fc.constantFrom(
      'application/json',
      'application/x-ndjson',
      'application/json-patch+json',
      '*',
      '"x"',
      'bytes=0-1',
      'chunked',
    ),
  ),
);
const requests = fc.record({
  method: fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'), bytes),
  path: fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`),
  query: fc
    .array(parameter, { maxLength: 3 })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&')),
  headers: fc.array(header, { maxLength: 4 }),
  body: fc.oneof(bytes, fc.json(), fc.constant('{"op":"put","id":"z","doc":{}}\n')),
});

test('any bytes as method, path, query, headers and body are answered, and the daemon lives', async () => {
  await using world = await openWorld({ files: alive });
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, path, query, headers, body }) => {
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const head = `${method} ${path}${query === '' ? '' : `?${query}`} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nConnection: close\r\n`;
      const answer = await raw(world.port, `${head}${lines}Content-Length: ${body.length}\r\n\r\n${body}`, 300);
      // Bytes that break off a request leave Node waiting for its rest, which is no answer yet and no fault either.
      if (answer.status !== 0) expectAnswered(answer);
    }),
    { numRuns: 1000 },
  );
  await expectAlive(world);
});
