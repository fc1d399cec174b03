/**
 * The bare Hono handler that writes are held against: temp file, fsync, rename, fsync of the directory. It keeps no log, no
 * history, no catalog and no feed: `node bare-writer.ts ROOT PORT`.
 */
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const [root, port] = process.argv.slice(2);
if (root === undefined || port === undefined) throw new Error('usage: node bare-writer.ts ROOT PORT');

let temporaries = 0;

async function writeDurably(directory: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(directory, `.${temporaries++}.tmp`);
  const file = await open(temporary, 'wx');
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(temporary, join(directory, name));
  const folder = await open(directory, 'r');
  await folder.sync();
  await folder.close();
}

const app = new Hono();
app.get('/up', (c) => c.text('up'));
app.put('/v1/:namespace/:collection/:id', async (c) => {
  const { namespace, collection, id } = c.req.param();
  const directory = join(root, namespace, collection);
  await mkdir(directory, { recursive: true });
  await writeDurably(directory, `${id}.json`, new Uint8Array(await c.req.arrayBuffer()));
  return c.body(null, 204);
});
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' });
