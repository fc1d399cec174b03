/** The bare Hono route that reads are held against: it lstats the file and answers the same bytes and headers from memory. */
import { lstatSync, readFileSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { hash } from 'blake3-wasm';
import { Hono } from 'hono';

const [file, port] = process.argv.slice(2);
if (file === undefined || port === undefined) throw new Error('usage: node bare-route.ts FILE PORT');
const bytes = readFileSync(file);
const headers = {
  'Content-Type': 'application/json',
  ETag: `"${hash(bytes).toString('hex')}"`,
  'Last-Modified': lstatSync(file).mtime.toUTCString(),
  'Larder-Seq': '1',
};
const app = new Hono();
app.get('/up', (c) => c.text('up'));
app.get('/v1/:namespace/:collection/:id', (c) => {
  lstatSync(file);
  return c.body(bytes, 200, headers);
});
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' });
