import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { raw } from './client.ts';
import { followEvents } from './event-client.ts';
import { openWorld, whileTimePasses } from './world.ts';

/** Lets what was sent arrive: both ends live in this process. */
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => void setImmediate(resolve));
}

/** Sends the head and then never reads. */
function stuck(port: number, head: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head, () => resolve(socket)));
    socket.pause();
    socket.on('error', () => {});
  });
}

test('a follower that never reads does not hold up the others', async () => {
  await using world = await openWorld();
  const socket = await stuck(
    world.port,
    `GET /v1/_changes?_since=0 HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  const feed = await followEvents(world.port, '/v1/_changes');
  await feed.next();
  for (let i = 0; i < 300; i++) await world.put('/v1/lod/a/x', { i });
  const seen = await feed.until(({ json }) => json['seq'] === world.larder.seq);
  expect(seen.length).toBeGreaterThanOrEqual(300);
  feed.close();
  socket.destroy();
});

test('a body that is too large is refused before the rest is read, and the client sees it', async () => {
  await using world = await openWorld({ config: { bodyLimitBytes: 1000 } });
  const declared = await raw(
    world.port,
    `PUT /v1/lod/a/x HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nContent-Length: 5000\r\n\r\n{`,
  );
  expect(declared).toMatchObject({ status: 413, json: { code: 'too_large' } });
  const sent = await world.put('/v1/lod/a/x', Buffer.alloc(5_000_000, 0x20));
  expect(sent).toMatchObject({ status: 413, json: { code: 'too_large' } });
  const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`;
  const chunked = await raw(
    world.port,
    `PUT /v1/lod/a/x HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(3)}0\r\n\r\n`,
  );
  expect(chunked.status).toBe(413);
});

test('the connection goes on after a body that was refused', async () => {
  await using world = await openWorld({ config: { bodyLimitBytes: 10 } });
  const host = `Host: 127.0.0.1:${world.port}\r\n`;
  const socket = connect(world.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write(`PUT /v1/lod/a/x HTTP/1.1\r\n${host}Content-Length: 20\r\n\r\n`);
  await expect.poll(() => text).toContain('413');
  socket.write(`${'x'.repeat(20)}GET /livez HTTP/1.1\r\n${host}\r\n`);
  await expect.poll(() => text).toContain('"live"');
  socket.destroy();
});

test('a body slower than 1 KiB/s over 20 s is refused', async () => {
  const clock = simulatedClock();
  await using world = await openWorld({ clock });
  const head = `PUT /v1/lod/a/x HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nContent-Length: 100000\r\n\r\n`;
  const answer = await whileTimePasses(clock, 1000, raw(world.port, `${head}{"a":`));
  expect(answer).toMatchObject({ status: 408, json: { code: 'request_timeout' }, headers: { connection: 'close' } });
});

test('a body that keeps its pace is not refused, however long it takes', async () => {
  const clock = simulatedClock();
  await using world = await openWorld({ clock });
  const socket = connect(world.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  const pieces = Array.from({ length: 5 }, () => ' '.repeat(30 * 1024));
  const length = pieces.join('').length + 2;
  socket.write(`PUT /v1/lod/a/x HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nContent-Length: ${length}\r\n\r\n{`);
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, resolve));
    await turns();
    await clock.advance(19_000);
  }
  socket.write('}');
  await expect.poll(() => text).toContain('201 Created');
  socket.destroy();
});

test('Expect: 100-continue is answered before the body, and only when it will be read', async () => {
  await using world = await openWorld({ config: { bodyLimitBytes: 1000 } });
  const head = (length: number): string =>
    `PUT /v1/lod/a/x HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
  const socket = connect(world.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write(head(2));
  await expect.poll(() => text).toContain('100 Continue');
  socket.write('{}');
  await expect.poll(() => text).toContain('201 Created');
  socket.destroy();
  expect((await raw(world.port, head(5000))).status).toBe(413);
});

test('stopping lets a request that runs finish, and refuses the next', async () => {
  await using world = await openWorld();
  const socket = connect(world.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write(`PUT /v1/lod/a/x HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nContent-Length: 2\r\n\r\n{`);
  await expect.poll(async () => (await world.get('/metrics')).text).toContain('nodejs');
  const closed = world.listening.close(5000);
  socket.write('}');
  await closed;
  expect(text).toContain('201 Created');
});
