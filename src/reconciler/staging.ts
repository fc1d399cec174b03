/** New bytes on their way to the disk: as temp files and as entries of the frame that will name them. */
import type { DraftEntry } from '../core/events.ts';
import type { Placement } from '../files/swap.ts';
import { discardTemp, makeDirectories, syncTemp, writeTemps, type NewBytes, type Temp } from '../files/temp.ts';
import { attempt, syncDirectory } from '../host/durable-files.ts';
import { paceOf } from '../host/pace.ts';
import { bodyOf, identityOf, mostKeptBytes, modifiedMsOf } from './drafts.ts';
import { parentOf } from '../core/paths-below.ts';
import type { Prepared } from './write.ts';
import type { World } from './world.ts';

export interface Staged {
  readonly prepared: Prepared;
  readonly temp: Placement['temp'];
  readonly entry: DraftEntry;
}

/** Written here in one turn of the event loop, or by a worker in one go. */
const IN_THREAD = 32;
export const IN_WORKER = 200;
/** Below this, asking a worker takes longer than writing. */
export const WORTH_A_WORKER = 8;

export const stagedAtOnce = ({ bulk }: World): number => (bulk.stage ? IN_WORKER : IN_THREAD);

/** All of them, or none; then nothing is left behind but directories. */
export async function stageSome(world: World, prepared: readonly Prepared[]): Promise<Staged[]> {
  const files = prepared.filter(hasBytes);
  const bodies = await keepBodies(world, files);
  makeParents(world, files);
  const temps = await writeAway(world, files);
  if (world.durability === 'sync') await syncUnkept(world, temps, bodies);
  const tempOf = new Map(files.map((one, index) => [one.path, { temp: temps[index], body: bodies[index] }]));
  return prepared.map((one) => {
    const { temp, body } = tempOf.get(one.path) ?? {};
    return temp && body && hasBytes(one) ? stagedWrite(one, temp, body) : stagedDeletion(one);
  });
}

/**
 * The log cannot write again what it does not keep: the file itself, and its name in `.larder/tmp`, have to be on the disk before the
 * frame is.
 */
async function syncUnkept(world: World, temps: readonly Temp[], bodies: readonly Body[]): Promise<void> {
  const unkept = temps.filter((_, index) => !isKept(bodies[index] ?? {}));
  if (unkept.length === 0) return;
  try {
    for (const temp of unkept) await syncTemp(world, temp);
    await syncDirectory(world.fs, world.tmp);
  } catch (error) {
    for (const temp of temps) attempt(() => discardTemp(world, temp));
    throw error;
  }
}

/** What cannot be removed now is removed by the next start. */
export async function discardAll(world: World, staged: readonly Staged[]): Promise<void> {
  const pace = paceOf(world.clock);
  for (const { temp } of staged) {
    discardIfLeft(world, temp);
    await pace();
  }
}

export function discardIfLeft(world: World, temp: Staged['temp']): void {
  if (!('removes' in temp)) attempt(() => discardTemp(world, temp));
}

export const isKept = ({ bytes, inBlob }: Pick<DraftEntry, 'bytes' | 'inBlob'>): boolean =>
  bytes !== undefined || inBlob === true;

type Writing = Prepared & NewBytes;
const hasBytes = (one: Prepared): one is Writing => one.bytes !== null && one.digest !== null;

type Body = ReturnType<typeof bodyOf>;

async function keepBodies(world: World, files: readonly Writing[]): Promise<Body[]> {
  const bodies: Body[] = [];
  for (const { path, bytes, digest } of files) {
    const body = bodyOf(world, bytes, mostKeptBytes(world, path));
    if (body.inBlob) await world.blobs.put(digest, bytes);
    bodies.push(body);
  }
  return bodies;
}

/** What replaces a file needs none. */
function makeParents(world: World, files: readonly Writing[]): void {
  const directories = files.flatMap(({ path, replaces }) => (replaces === null ? [parentOf(path)] : []));
  for (const directory of new Set(directories)) makeDirectories(world, directory);
}

async function writeAway(world: World, files: readonly Writing[]): Promise<readonly Temp[]> {
  if (!world.bulk.stage || files.length < WORTH_A_WORKER) return writeTemps(world, files);
  return world.bulk.stage(files);
}

function stagedDeletion(prepared: Prepared): Staged {
  const { path, before } = prepared;
  if (before === null) throw new Error('a deletion needs what it deletes');
  const entry = {
    op: 'delete',
    path,
    kind: 'deleted',
    digest: null,
    size: 0,
    before,
    ...replacedBy(prepared),
  } as const;
  return { prepared, temp: { removes: before }, entry };
}

function stagedWrite(prepared: Writing, temp: Temp, body: Body): Staged {
  const { path, bytes, digest, before, outcome } = prepared;
  const version = {
    path,
    kind: 'valid',
    digest,
    size: bytes.length,
    before,
    placed: identityOf(temp.stat),
    modifiedMs: modifiedMsOf(temp.stat),
    ...body,
  } as const;
  const op = outcome === 'created' ? 'create' : 'update';
  return { prepared, temp, entry: { op, ...version, ...replacedBy(prepared) } };
}

const replacedBy = ({ replaces }: Prepared) => (replaces === null ? {} : { replaced: identityOf(replaces) });
