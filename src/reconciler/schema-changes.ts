/**
 * A `_schema.json` that changed. It is compiled under a deadline, every document of its collection is judged anew, and all of
 * it is one event: how many became invalid and valid. What it made invalid stays served, marked (DESIGN 3.8).
 */
import type { DerivedProblem } from '../catalog/types.ts';
import type { Digest } from '../core/digest.ts';
import type { DraftEntry, EventFrame, Fault, Origin } from '../core/events.ts';
import { ABSENCE_MS, isRotten, PENDING_MS } from '../core/decision.ts';
import { parseValid } from '../core/json/exact-value.ts';
import { collectionOf } from '../core/refs.ts';
import { compileSchema, type CompiledSchema } from '../core/schemas/compile.ts';
import type { Look } from '../files/types.ts';
import { compileWithDeadline, type Trial } from '../host/deadline-compile.ts';
import { holdPath, mayForgetSchema } from './absences.ts';
import { identityOf, modifiedMsOf, replacedOf } from './drafts.ts';
import { knownOf, type Observation } from './observe.ts';
import { isAsRecorded, reportRot } from './rot.ts';
import type { RecordOptions } from './recorder.ts';
import type { SchemaInForce } from './schema-book.ts';
import type { SettleOptions } from './settled.ts';
import { marksOfFit, setDerived } from './derived.ts';
import { originOf } from './origin.ts';
import type { World } from './world.ts';

type Outcome =
  | { readonly kind: 'usable'; readonly schema: CompiledSchema }
  | { readonly kind: 'broken'; readonly code: 'invalid' | 'schema-unreliable'; readonly faults: readonly Fault[] };

const COMPILE_DEADLINE_MS = 1000;
const JUDGE_BATCH = 200;

/** A worker loads it by itself: from the TypeScript source in a checkout, from what was built of it in the package. */
const COMPILER = new URL(
  import.meta.url.endsWith('.ts') ? '../core/schemas/compile.ts' : '../core/schemas/compile.js',
  import.meta.url,
);

/** Tries a schema text in a thread, under the deadline. */
export const compileInTime = (text: string): Promise<Trial> => compileWithDeadline(COMPILER, text, COMPILE_DEADLINE_MS);

/** Compiles a schema text without ever holding the event loop for long. */
export async function compileSafely({ tryCompile }: Pick<World, 'tryCompile'>, text: string): Promise<Outcome> {
  const trial = await tryCompile(text);
  if (trial.kind === 'late') {
    const detail = `the schema does not compile within ${COMPILE_DEADLINE_MS} ms`;
    return { kind: 'broken', code: 'schema-unreliable', faults: [{ code: 'schema_too_slow', detail }] };
  }
  return compileSchema(text);
}

/** Settles one `_schema.json`; the caller holds its queue. */
export async function settleSchema(world: World, observation: Observation, options: SettleOptions): Promise<void> {
  const { look } = observation.examined;
  if (look.kind === 'file') return settleFile(world, observation, look, options);
  if (look.kind === 'absent') return settleAbsent(world, observation, options);
  const detail = look.kind === 'blocked' ? look.detail : 'the schema cannot be read';
  if (!observation.head?.problems.includes('unreadable'))
    await report(world, observation, 'unreadable', [{ code: 'unreadable', detail }]);
}

async function settleFile(
  world: World,
  observation: Observation,
  look: Extract<Look, { kind: 'file' }>,
  options: SettleOptions,
): Promise<void> {
  const { path, head, examined, meaning } = observation;
  const seen = { key: look.key, clean: !look.racy };
  if (head && examined.digest === head.diskDigest) return isAsRecorded(world, observation, seen);
  if (!options.rotTaken && isRotten(knownOf(meaning, head), examined.digest, look.key))
    return reportRot(world, observation);
  const outcome = await compileSafely(world, new TextDecoder().decode(look.bytes));
  const ageMs = Math.max(
    Number((world.clock.nowNs() - look.stat.ctimeNs) / 1_000_000n),
    world.pendings.ageMs(path, look.key),
  );
  if (outcome.kind === 'broken' && ageMs < PENDING_MS) {
    const pending = {
      code: 'pending',
      sight: look.key,
      collection: collectionOf(meaning),
      digest: examined.digest,
      faults: outcome.faults,
    } as const;
    return world.pendings.set(path, pending, PENDING_MS - ageMs);
  }
  world.pendings.delete(path);
  const origin = options.origin ?? originOf(world, 'hand');
  if (outcome.kind === 'broken') return reject(world, observation, look, outcome, origin);
  await putInForce(world, observation, look, outcome.schema, origin);
}

async function settleAbsent(
  world: World,
  { path, head, meaning }: Observation,
  { absencesConfirmed, origin }: SettleOptions,
): Promise<void> {
  if (!head || (head.diskDigest === null && head.problems.length === 0)) return world.pendings.delete(path);
  const collection = collectionOf(meaning);
  const ageMs = world.pendings.ageMs(path, 'absent');
  const isDeleted = absencesConfirmed || (ageMs >= ABSENCE_MS && mayForgetSchema(world, collection));
  if (!isDeleted && world.absences.held.has(collection)) return holdPath(world, collection, path);
  if (!isDeleted) {
    const pending = { code: 'absent', sight: 'absent', collection, digest: null, faults: [] } as const;
    return world.pendings.set(path, pending, ageMs < ABSENCE_MS ? ABSENCE_MS - ageMs : ABSENCE_MS);
  }
  world.pendings.delete(path);
  const entry = {
    op: 'schema',
    path,
    kind: 'deleted',
    digest: null,
    size: 0,
    before: head.diskDigest,
    ...replacedOf(head),
    inForce: true,
  } as const;
  const frame = await changeSchema(world, path, null, entry, origin ?? originOf(world, 'hand'), {});
  world.checkpoints.changed(frame);
}

async function putInForce(
  world: World,
  { path, head, examined }: Observation,
  look: Extract<Look, { kind: 'file' }>,
  schema: CompiledSchema,
  origin: Origin,
): Promise<void> {
  const entry = {
    op: 'schema',
    path,
    kind: 'valid',
    ...version(look, examined.digest),
    before: head?.diskDigest ?? null,
    ...replacedOf(head),
    inForce: true,
  } as const;
  const source = { text: new TextDecoder().decode(look.bytes), digest: examined.digest as Digest };
  const frame = await changeSchema(world, path, { schema, source }, entry, origin, seenBy(look));
  world.checkpoints.changed(frame);
}

/** The broken text is history too, but the last good schema stays in force. */
async function reject(
  world: World,
  { path, head, examined, meaning }: Observation,
  look: Extract<Look, { kind: 'file' }>,
  outcome: Extract<Outcome, { kind: 'broken' }>,
  origin: Origin,
): Promise<void> {
  world.schemas.setUnusable(collectionOf(meaning));
  const { code, faults } = outcome;
  const entry = {
    op: 'schema',
    path,
    kind: 'invalid',
    ...version(look, examined.digest),
    before: head?.diskDigest ?? null,
    ...replacedOf(head),
    inForce: false,
    code,
    faults,
  } as const;
  const frame = await record(world, entry, origin, seenBy(look));
  world.checkpoints.changed(frame);
}

const version = (look: Extract<Look, { kind: 'file' }>, digest: Digest | null) => ({
  digest,
  size: look.bytes.length,
  bytes: look.bytes,
  placed: identityOf(look.stat),
  modifiedMs: modifiedMsOf(look.stat),
});

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
  const frame = await record(world, { ...entry, ...counts }, origin, options);
  world.schemas.set(collection, next);
  await applyDerived(world, judged.problems);
  // Documents written while the collection was being judged were judged by the old schema.
  const late = await judgeAll(world, collection, next?.schema ?? null, startedAtSeq);
  await applyDerived(world, late.problems);
  noteJudged(world, collection);
  world.lookAgain(world.catalog.pathsWithProblem(collection, 'invalid', 'recorded'));
  return frame;
}

interface Judged {
  readonly problems: ReadonlyMap<string, readonly DerivedProblem[]>;
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
  const problems = new Map<string, readonly DerivedProblem[]>();
  const wasUnfit = new Set(world.catalog.pathsWithProblem(collection, 'invalid', 'derived'));
  let becameInvalid = 0;
  let becameValid = 0;
  for (let after: string | null = null; ;) {
    const batch = world.catalog.served(collection, after, JUDGE_BATCH);
    for (const one of batch) {
      if (newerThan !== null && one.seq <= newerThan) continue;
      const faults = schema ? schema.judge(parseValid(one.text), one.text) : [];
      if (faults.length === 0 && !wasUnfit.has(one.path)) continue;
      if (faults.length > 0 && !wasUnfit.has(one.path)) becameInvalid++;
      if (faults.length === 0) becameValid++;
      const { path, etag } = one;
      problems.set(path, faults.length > 0 ? [unfit(world, path, etag, faults)] : marksOfFit(world, path, etag));
    }
    after = batch.at(-1)?.id ?? null;
    if (after === null) return { problems, becameInvalid, becameValid };
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

async function applyDerived(world: World, problems: Judged['problems']): Promise<void> {
  let rows = 0;
  for (const [path, list] of problems) {
    setDerived(world, path, list);
    if (++rows % JUDGE_BATCH === 0) await world.clock.yieldTurn();
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
    const { problems } = await judgeAll(world, collection, world.schemas.inForce(collection)?.schema ?? null, null);
    await applyDerived(world, problems);
    noteJudged(world, collection);
  }
}

const digestInForce = (world: World, collection: string): Digest | null =>
  world.schemas.inForce(collection)?.source?.digest ?? null;

const noteJudged = (world: World, collection: string): void =>
  world.catalog.noteJudged(collection, digestInForce(world, collection));

async function record(
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

const seenBy = (look: Extract<Look, { kind: 'file' }>) => ({ seen: () => ({ key: look.key, clean: !look.racy }) });

async function report(
  world: World,
  { path, head }: Observation,
  code: string,
  faults: readonly Fault[],
): Promise<void> {
  const entry = {
    op: 'problem',
    path,
    kind: null,
    digest: null,
    size: 0,
    before: head?.diskDigest ?? null,
    code,
    faults,
  } as const;
  const origin = originOf(world, 'hand');
  await world.recorder.record({ type: 'events', kind: 'verdict', origin, entries: [entry] }, { content: noContent });
}

const noContent = (): never => {
  throw new Error('schemas are not listed as documents');
};
