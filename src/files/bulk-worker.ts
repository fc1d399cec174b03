/** Entry of a bulk worker thread. What only judging needs (hashing, JSON, schemas) is loaded when judging is asked for. */
import { parentPort, workerData } from 'node:worker_threads';
import { nodeFileSystem } from '../host/node-file-system.ts';
import { systemClock } from '../host/system-clock.ts';
import { systemRandom } from '../host/system-random.ts';
import { assert } from '../util/assert.ts';
import type { Answered, Asked, BulkReply, BulkRequest, BulkWorkerStart } from './bulk-requests.ts';
import { messageOf } from './failures.ts';
import { leaveAll } from './leaving.ts';
import { openSpares } from './spares.ts';
import { toListingColumns } from './listing-columns.ts';
import type { World } from './types.ts';
import { walkDirectory } from './walk.ts';

assert(parentPort !== null, 'a bulk worker is started as a worker thread');
const port = parentPort;
const { root, rootDevice, rootInode } = workerData as BulkWorkerStart;
const world: World = { fs: nodeFileSystem, clock: systemClock, root, rootDevice, rootInode };

interface Work {
  readonly reply: BulkReply;
  readonly handedOver: readonly ArrayBuffer[];
}

async function work(request: BulkRequest): Promise<Work> {
  if (request.do === 'list') {
    return { reply: request.paths.map((path) => toListingColumns(walkDirectory(world, path))), handedOver: [] };
  }
  if (request.do === 'open-nameless') {
    openSpares(world.fs, request);
    return { reply: null, handedOver: [] };
  }
  if (request.do === 'leave') return { reply: leaveAll(world.fs, request.files), handedOver: [] };
  if (request.do === 'stage') {
    const { stageBatch } = await import('./stage-batch.ts');
    return { reply: stageBatch({ ...world, random: systemRandom, tmp: request.tmp }, request.packed), handedOver: [] };
  }
  if (request.do === 'name') {
    const { nameBatch } = await import('./place-batch.ts');
    return { reply: nameBatch(world, request.names), handedOver: [] };
  }
  if (request.do === 'hash-directories') {
    const { hashDirectory } = await import('./hash-directory.ts');
    return { reply: request.paths.map((path) => hashDirectory(world, path)), handedOver: [] };
  }
  if (request.do === 'texts') {
    const { hashTexts } = await import('./hash-texts.ts');
    return { reply: hashTexts(request.texts), handedOver: [] };
  }
  if (request.do === 'pieces') {
    const { hashPieces } = await import('./hash-pieces.ts');
    return { reply: hashPieces(world.fs, request.pieces), handedOver: [] };
  }
  const { examineIn } = await import('./bulk-examiner.ts');
  return examineIn(world, request);
}

async function answer({ id, request }: Asked): Promise<void> {
  try {
    const { reply, handedOver } = await work(request);
    port.postMessage({ id, reply } satisfies Answered, handedOver);
  } catch (error) {
    port.postMessage({ id, error: messageOf(error) } satisfies Answered);
  }
}

// One after the other: a later request may rely on the schemas that came with an earlier one.
let last = Promise.resolve();
port.on('message', (asked: Asked) => {
  last = last.then(() => answer(asked));
});
