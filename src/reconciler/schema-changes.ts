/**
 * A `_schema.json` on disk that is not the one recorded. It is compiled under a deadline; a good one comes into force
 * (change-schema.ts), a broken one is history too, and the last good one stays in force.
 */
import type { Digest } from '../core/digest.ts';
import type { Fault, Origin } from '../core/events.ts';
import { ABSENCE_MS, isRotten, PENDING_MS } from '../core/decision.ts';
import { collectionOf } from '../core/refs.ts';
import type { CompiledSchema } from '../core/schemas/compile.ts';
import type { Look } from '../files/types.ts';
import { holdPath, mayForgetSchema } from './absences.ts';
import { changeSchema, noContent, recordSchema } from './change-schema.ts';
import { compileSafely, type Compiled } from './compile-safely.ts';
import { identityOf, modifiedMsOf, replacedOf } from './drafts.ts';
import { knownOf, type Observation } from './observe.ts';
import { originOf } from './origin.ts';
import { isAsRecorded, reportRot } from './rot.ts';
import type { SettleOptions } from './settled.ts';
import type { World } from './world.ts';

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
  outcome: Extract<Compiled, { kind: 'broken' }>,
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
  const frame = await recordSchema(world, entry, origin, seenBy(look));
  world.checkpoints.changed(frame);
}

const version = (look: Extract<Look, { kind: 'file' }>, digest: Digest | null) => ({
  digest,
  size: look.bytes.length,
  bytes: look.bytes,
  placed: identityOf(look.stat),
  modifiedMs: modifiedMsOf(look.stat),
});

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
