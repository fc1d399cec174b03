/** Opens a root and says how long it took until ready: `node open.ts ROOT`. Process start and imports are not counted. */
import { openLarder } from '../../src/larder.ts';

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: node open.ts ROOT');
const started = performance.now();
const larder = await openLarder({ root });
const openedMs = performance.now() - started;
await larder.ready;
const ms = performance.now() - started;
const { documents, seq } = larder.status();
process.stdout.write(
  `${JSON.stringify({ ms, openedMs, documents, seq, rssMb: Math.round(process.memoryUsage.rss() / 1e6) })}\n`,
);
await larder[Symbol.asyncDispose]();
process.exit(0);
