import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

/** Sends a request and closes the sending side at once, as `nc -N` and some HTTP clients do. */
function sayAndClose({ port }: World, head: string, body = ''): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.end(`${head}\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  return text(socket);
}

test('a client that closes its sending side behind a request gets its answer, and the connection ends', async () => {
  await using world = await openWorld({ files: { 'lod/things/a.json': { v: 1 } } });
  const put = await sayAndClose(world, 'PUT /v1/lod/things/b HTTP/1.1\r\nContent-Type: application/json', '{"v": 2}');
  expect(put).toMatch(/^HTTP\/1\.1 201 /);
  expect(put).toMatch(/^larder-seq: \d+/im);
  const get = await sayAndClose(world, 'GET /v1/lod/things/b HTTP/1.1');
  expect(get).toMatch(/^HTTP\/1\.1 200 [^]*\{\s*"v": 2\s*\}/);
});

test('a request that is cut off is refused, and nothing is written', async () => {
  await using world = await openWorld({ files: { 'lod/things/a.json': { v: 1 } } });
  const { port } = world;
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.end(
    `PUT /v1/lod/things/b HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"v"`,
  );
  expect(await text(socket)).not.toMatch(/^HTTP\/1\.1 2/);
  expect(await sayAndClose(world, 'GET /v1/lod/things/b HTTP/1.1')).toMatch(/^HTTP\/1\.1 404 /);
});

test.each(['text/event-stream', 'application/json'])(
  'a feed (%s) whose reader is gone is closed at once',
  async (type) => {
    await using world = await openWorld({ files: { 'lod/things/a.json': { v: 1 } } });
    const { port } = world;
    const open = async (): Promise<string | undefined> => {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return /^larder_http_streams (\d+)$/m.exec(metrics)?.[1];
    };
    const socket = connect({ host: '127.0.0.1', port });
    socket.write(
      `GET /v1/_changes?_since=now&_wait=60 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: ${type}\r\n\r\n`.replace(
        type === 'text/event-stream' ? '&_wait=60' : '\0',
        '',
      ),
    );
    await expect.poll(open, { timeout: 20_000 }).toBe('1');
    socket.end();
    socket.destroy();
    await expect.poll(open, { timeout: 8000 }).toBe('0');
  },
);
