/**
 * A schema comes into force: every document of its collection is judged anew, and all of it is one event, how many became invalid and
 * valid. What it made invalid stays served, marked (DESIGN 3.8).
 */
import type { DerivedMarks, DerivedProblem } from '../catalog/types.ts';
import type { Digest } from '../core/digest.ts';
import type { DraftEntry, EventFrame, Fault, Origin } from '../core/events.ts';
import { parseValid } from '../core/json/exact-value.ts';
import type { CompiledSchema } from '../core/schemas/compile.ts';
import { marksOfFit, setDerived } from './derived.ts';
import type { RecordOptions } from './recorder.ts';
import type { SchemaInForce } from './schema-book.ts';
import type { World } from './world.ts';

/** Judged, or marked, in one turn of the event loop: what was unfit and is no more is read from the log for its warnings. */
const AT_ONCE = 50;

/** Judges the collection by the new schema, records the one event, puts the schema in force. */
export async function changeSchema(
  world: World,
  path: string,
  next: SchemaInForce | null,
  entry: DraftEntry,
  origin: Origin,
  options: Pick<RecordOptions, 'place' | 'seen'>,
): Promise<EventFrame> {
  const collection = path.slice(0, path.lastIndexOf('/'));
  const startedAtSeq = world.recorder.announcedSeq;
  const judged = await judgeAll(world, collection, next?.schema ?? null, null);
  const counts = { becameInvalid: judged.becameInvalid, becameValid: judged.becameValid };
  const frame = await recordSchema(world, { ...entry, ...counts }, origin, options);
  world.schemas.set(collection, next);
  await applyDerived(world, judged.marks);
  // Documents written while the collection was being judged were judged by the old schema.
  const late = await judgeAll(world, collection, next?.schema ?? null, startedAtSeq);
  await applyDerived(world, late.marks);
  noteJudged(world, collection);
  world.lookAgain(world.catalog.pathsWithProblem(collection, 'invalid'));
  return frame;
}

interface Judged {
  readonly marks: ReadonlyMap<string, DerivedMarks>;
  readonly becameInvalid: number;
  readonly becameValid: number;
}

/** Judges served documents, all or those newer than a seq; gives the loop back after every batch. */
async function judgeAll(
  world: World,
  collection: string,
  schema: CompiledSchema | null,
  newerThan: number | null,
): Promise<Judged> {
  const marks = new Map<string, DerivedMarks>();
  let becameInvalid = 0;
  let becameValid = 0;
  for (let after: string | null = null; ;) {
    const batch = world.catalog.served(collection, after, AT_ONCE);
    for (const one of batch) {
      if (newerThan !== null && one.seq <= newerThan) continue;
      const faults = schema ? schema.judge(parseValid(one.text), one.text) : [];
      const wasUnfit = one.hasProblem && world.catalog.hasDerived(one.path, 'invalid');
      if (faults.length === 0 && !wasUnfit) continue;
      if (faults.length > 0 && !wasUnfit) becameInvalid++;
      if (faults.length === 0) becameValid++;
      const { path, etag } = one;
      const problems = faults.length > 0 ? [unfit(world, path, etag, faults)] : marksOfFit(world, path, etag);
      marks.set(path, { digest: etag, problems });
    }
    after = batch.at(-1)?.id ?? null;
    if (after === null) return { marks, becameInvalid, becameValid };
    await world.clock.yieldTurn();
  }
}

const unfit = (world: World, path: string, digest: Digest, faults: readonly Fault[]): DerivedProblem => ({
  path,
  code: 'invalid',
  sinceMs: world.clock.nowMs(),
  digest,
  faults,
});

async function applyDerived(world: World, marks: Judged['marks']): Promise<void> {
  const all = [...marks];
  for (let start = 0; start < all.length; start += AT_ONCE) {
    if (start > 0) await world.clock.yieldTurn();
    setDerived(world, new Map(all.slice(start, start + AT_ONCE)));
  }
}

/**
 * Judges by the schemas in force, without an event, what the catalog has not been judged by: all of a new one, and what a crash
 * cut off between a schema and the marks that it makes.
 */
export async function rejudge(world: World): Promise<void> {
  const judged = world.catalog.judged();
  for (const collection of new Set([...world.schemas.collections(), ...Object.keys(judged)])) {
    if (!world.catalog.isNew && (judged[collection] ?? null) === digestInForce(world, collection)) continue;
    const { marks } = await judgeAll(world, collection, world.schemas.inForce(collection)?.schema ?? null, null);
    await applyDerived(world, marks);
    noteJudged(world, collection);
  }
}

const digestInForce = (world: World, collection: string): Digest | null =>
  world.schemas.inForce(collection)?.source?.digest ?? null;

const noteJudged = (world: World, collection: string): void =>
  world.catalog.noteJudged(collection, digestInForce(world, collection));

export async function recordSchema(
  world: World,
  entry: DraftEntry,
  origin: Origin,
  options: Pick<RecordOptions, 'place' | 'seen'>,
): Promise<EventFrame> {
  const frame = await world.recorder.record(
    { type: 'events', kind: 'schema', origin, entries: [entry] },
    { ...options, content: noContent },
  );
  world.onMarked(entry.path);
  return frame;
}

export const noContent = (): never => {
  throw new Error('schemas are not listed as documents');
};
