/** Appends from four writers until it is killed; prints `seq label` of each change set once it is synced. */
import { writeSync } from 'node:fs';
import { openEventLog } from '../../src/events/event-log.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { append } from './world.ts';

const [directory = '', round = ''] = process.argv.slice(2);
const log = await openEventLog({
  fs: nodeFileSystem,
  clock: systemClock,
  random: systemRandom,
  directory,
  durability: 'sync',
  rootIdentity: '1:2',
  segmentBytes: 8192,
});

async function writer(name: string): Promise<void> {
  for (let count = 0; ; count += 1) {
    const label = `${round}-${name}-${count}`;
    writeSync(1, `${await append(log, label)} ${label}\n`);
  }
}

await Promise.all(['a', 'b', 'c', 'd'].map(writer));
