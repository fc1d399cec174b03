/** `PUT …/_schema`: the file, the one event and the judgement of the collection in one go. */
import { digestOf, type Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { Origin } from '../core/events.ts';
import { pathOfSchema } from '../core/refs.ts';
import type { CompiledSchema } from '../core/schemas/compile.ts';
import type { Change, Who, WriteOptions, WriteRequest, Written } from '../core/requests.ts';
import { look } from '../files/look.ts';
import { findOutage } from '../files/outage.ts';
import type { Placed } from '../files/swap.ts';
import type { Look } from '../files/types.ts';
import type { FileStat } from '../host/ports.ts';
import { afterwards, originFor, refuse, seenOf, stage } from './commit.ts';
import { placeAll } from './placing.ts';
import { newBytes } from '../core/new-bytes.ts';
import { LARGEST_DOCUMENT_BYTES } from './observe.ts';
import { outOfReach } from './out-of-reach.ts';
import { checkPreconditions } from './preconditions.ts';
import { describeStale } from './stale.ts';
import { changeSchema } from './change-schema.ts';
import { compileSafely } from './compile-safely.ts';
import { settleHeld } from './settle.ts';
import { refuseUntilTaken, type Prepared } from './write.ts';
import type { SchemaInForce } from './schema-book.ts';
import type { World } from './world.ts';

/** `exact`: as it is; `put`: in the layout that the file has. */
export type SchemaChange = Extract<Change, { op: 'put' | 'exact' }>;

export async function writeSchema(
  world: World,
  collection: string,
  change: SchemaChange,
  who: Who,
  preconditions: WriteRequest['preconditions'],
  options: WriteOptions = {},
): Promise<Written> {
  const path = pathOfSchema(collection);
  return world.queues.run(path, async () => {
    await settleHeld(world, [path]);
    refuseUntilTaken(world, [path]);
    const prepared = prepare(world, collection, path, change, preconditions);
    const text = new TextDecoder().decode(prepared.bytes ?? change.body);
    const schema = await compiled(world, text);
    const origin = originFor(world, who);
    const { digest, outcome } = prepared;
    if (!options.dryRun && outcome !== 'unchanged' && digest !== null)
      await putInForce(world, prepared, { schema, source: { text, digest } }, origin);
    return writtenOf(world, prepared, origin.changeSet);
  });
}

/** Throws `schema_broken`. */
async function compiled(world: World, text: string): Promise<CompiledSchema> {
  const outcome = await compileSafely(world, text);
  if (outcome.kind === 'usable') return outcome.schema;
  throw new LarderError('schema_broken', outcome.faults[0]?.detail ?? 'the schema cannot be used', {
    errors: outcome.faults,
  });
}

async function putInForce(world: World, prepared: Prepared, next: SchemaInForce, origin: Origin): Promise<void> {
  const { path } = prepared;
  const [staged] = await stage(world, [prepared]);
  if (!staged) throw new Error('one write, nothing staged');
  const placed = new Map<string, Placed>();
  try {
    const entry = { ...staged.entry, op: 'schema', inForce: true } as const;
    const frame = await changeSchema(world, path, next, entry, origin, {
      place: (logged) => placeAll(world, [staged], placed, logged),
      seen: () => seenOf(world, placed, path),
    });
    // What lay there half written is replaced; what came later is looked at again.
    world.pendings.delete(path);
    afterwards(world, frame, placed);
  } catch (error) {
    throw await refuse(world, [staged], error);
  }
}

function prepare(
  world: World,
  collection: string,
  path: string,
  change: SchemaChange,
  preconditions: WriteRequest['preconditions'],
): Prepared {
  const seen = look(world, path, { maxBytes: LARGEST_DOCUMENT_BYTES });
  const outage = seen.kind === 'blocked' ? findOutage(world, path) : null;
  if (outage) throw outOfReach(outage, path);
  if (seen.kind !== 'file' && seen.kind !== 'absent')
    throw new LarderError('conflict', `${path} is not a file that can be replaced`);
  const disk = seen.kind === 'file' ? digestOf(seen.bytes) : null;
  checkPreconditions(preconditions, { disk, served: disk }, (stale) =>
    describeStale(world, path, stale, seen.kind === 'file' ? seen.bytes : null),
  );
  const request: WriteRequest = { ref: { collection, id: '_schema' }, change };
  const current =
    seen.kind === 'file' && world.schemas.inForce(collection)?.source?.digest === disk ? seen.bytes : null;
  const bytes = newBytes(change, current) ?? change.body;
  const digest = digestOf(bytes);
  const outcome = disk === null ? 'created' : disk === digest ? 'unchanged' : 'updated';
  return {
    request,
    path,
    outcome,
    bytes,
    digest,
    before: disk,
    replaces: statOf(seen),
    unproven: isUnproven(world, path, seen, disk),
    searchText: null,
    warnings: [],
    judgedBy: null,
  };
}

const isUnproven = (world: World, path: string, seen: Look, disk: Digest | null): boolean =>
  (seen.kind === 'file' && seen.racy) || disk !== (world.catalog.head(path)?.diskDigest ?? null);

const statOf = (seen: Look): FileStat | null => (seen.kind === 'file' ? seen.stat : null);

const writtenOf = (world: World, { request, outcome, digest, bytes, path }: Prepared, changeSet: string): Written => ({
  outcome,
  ref: request.ref,
  etag: digest,
  seq: world.catalog.head(path)?.diskSeq ?? world.recorder.announcedSeq,
  changeSet,
  durability: world.durability,
  bytes,
});
