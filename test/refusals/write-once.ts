/** A process that does one of each write, or the one named, and says what it was told, a JSON line a write: `write-once.ts ROOT [KEY]`. */
import { systemClock } from '../../src/host/system-clock.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openLarder } from '../../src/larder.ts';
import { OPERATIONS } from './operations.ts';
import { told } from './store.ts';

const [root, only] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: node write-once.ts ROOT [KEY]');
const host = { fs: nodeFileSystem, clock: systemClock, random: systemRandom, inThread: true };
const larder = await openLarder({ root, watcher: 'none', host });
await larder.ready;
for (const operation of OPERATIONS.filter(({ key }) => only === undefined || key === only)) {
  const whole = operation.run({ larder }, `${operation.key}-`);
  const answer = await told(whole);
  const single = operation.each && answer === 'written' ? await whole : [];
  process.stdout.write(`${JSON.stringify({ key: operation.key, answer, single })}\n`);
}
await larder[Symbol.asyncDispose]();
// Not by exit(), which syncs standard output once more: a failure there would be Node's to bear.
process.kill(process.pid, 'SIGTERM');
