/**
 * Undo: plan, then execute as one change set, so that it can be undone itself. Never half: one path that somebody else changed
 * since refuses all, and all such paths are told.
 */
import type { StoredEvent } from '../../catalog/answers.ts';
import type { Digest } from '../../core/digest.ts';
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import type { Who, WriteOptions, WriteRequest, Written } from '../../core/requests.ts';
import { planUndo, transitionsOf, type Transition, type UndoPlan } from '../../core/undo-plan.ts';
import type { SchemaLeft, UndoConflict, Undone, UndoneItem, UndoRequest } from '../../core/undo-requests.ts';
import { paceOf } from '../../host/pace.ts';
import { batchesOf, unsized } from '../../reconciler/batches.ts';
import { isOfRestore } from '../../reconciler/restores.ts';
import { settle } from '../../reconciler/settle.ts';
import type { World } from '../../reconciler/world.ts';
import { writeMany } from '../many-writes.ts';
import { isUndoable, selectEvents } from './undo-selection.ts';
import { refOf, requestsFor, type Planned } from './undo-writes.ts';

/** A hand edit between plan and write makes a new plan; somebody who edits all the time has to stop first. */
const MOST_PLANS = 3;

export async function undo(world: World, request: UndoRequest, who: Who, options: WriteOptions = {}): Promise<Undone> {
  const events = await selectEvents(world, request);
  const transitions = await undoableOf(world, events);
  const schemas = schemasAmong(events);
  for (let attempt = 1; ; attempt++) {
    const plan = await planNow(world, transitions);
    const planned = await requestsFor(world, plan.steps);
    const conflicts = [...plan.conflicts.map((one) => tellConflict(world, one)), ...planned.conflicts];
    if (conflicts.length > 0) throw refusal(conflicts);
    const outcome = await execute(world, planned, who, options);
    if (outcome.kind === 'done') {
      if (!options.dryRun && events.some(isOfRestore)) world.restores.end();
      return tellUndone(plan, { ...outcome, left: planned.left }, schemas, options);
    }
    if (outcome.kind === 'refused' || attempt === MOST_PLANS) throw refusal(outcome.conflicts);
  }
}

async function undoableOf(world: World, events: readonly StoredEvent[]): Promise<Transition[]> {
  const transitions: Transition[] = [];
  const pace = paceOf(world.clock);
  for (const event of events) {
    transitions.push(...transitionsOf(event).filter(({ path }) => isUndoable(path)));
    await pace();
  }
  return transitions;
}

/** Looked at in one turn of the event loop. */
const SETTLED_AT_ONCE = 200;

/** What editors did up to now counts as well. */
async function planNow(world: World, transitions: readonly Transition[]): Promise<UndoPlan> {
  const paths = [...new Set(transitions.map(({ path }) => path))];
  for (const batch of batchesOf(world, unsized(paths), SETTLED_AT_ONCE)) {
    await settle(world, batch.paths);
    await world.clock.yieldTurn();
  }
  const now = new Map<string, Digest | null>();
  const pace = paceOf(world.clock);
  for (const path of paths) {
    now.set(path, world.catalog.head(path)?.diskDigest ?? null);
    await pace();
  }
  return planUndo(transitions, (path) => now.get(path) ?? null);
}

function schemasAmong(events: readonly StoredEvent[]): SchemaLeft[] {
  const newest = new Map<string, Seq>();
  for (const { op, path, seq } of events) if (op === 'schema') newest.set(path.slice(0, path.lastIndexOf('/')), seq);
  return [...newest].map(([collection, seq]) => ({ collection, seq }));
}

type Outcome =
  | { readonly kind: 'done'; readonly written: readonly Written[] }
  /** `changed`: the files are others than those that were planned for. */
  | { readonly kind: 'changed' | 'refused'; readonly conflicts: readonly UndoConflict[] };

/** What a change under our hands is refused with. */
const CHANGED = new Set(['precondition_failed', 'not_found', 'document_invalid', 'pending']);

async function execute(world: World, planned: Planned, who: Who, options: WriteOptions): Promise<Outcome> {
  const { requests } = planned;
  try {
    const results = await writeMany(world, requests, who, { ...options, atomic: true });
    return { kind: 'done', written: results.flatMap((result) => (result.ok ? [result.written] : [])) };
  } catch (error) {
    if (!(error instanceof LarderError) || error.members['i'] === undefined) throw error;
    // The first refusal ended the set; everything that would be refused is to be told.
    const conflicts = await refusalsOf(world, requests, who);
    return { kind: CHANGED.has(error.code) ? 'changed' : 'refused', conflicts };
  }
}

async function refusalsOf(world: World, requests: readonly WriteRequest[], who: Who): Promise<UndoConflict[]> {
  const results = await writeMany(world, requests, who, { dryRun: true });
  return results.flatMap((result, i) => {
    const ref = requests[i]?.ref;
    if (result.ok || ref === undefined || !(result.error instanceof LarderError)) return [];
    return [{ ...ref, why: result.error.code, detail: result.error.message }];
  });
}

const MOST_TOLD = 1000;

function refusal(conflicts: readonly UndoConflict[]): LarderError {
  const [first] = conflicts;
  const more = conflicts.length > 1 ? `, and ${conflicts.length - 1} more` : '';
  const detail = first ? `${first.collection}/${first.id}: ${first.detail}${more}` : 'the files change all the time';
  return new LarderError('undo_conflict', detail, {
    members: { conflicts: conflicts.slice(0, MOST_TOLD), conflicts_total: conflicts.length },
  });
}

function tellConflict(world: World, { path, why, after }: UndoPlan['conflicts'][number]): UndoConflict {
  const [last] = world.catalog.history(path, { before: null, limit: 1 });
  const detail =
    why === 'changed' ? `it was changed after seq ${after}` : `somebody else changed it after seq ${after}`;
  const by = last && { seq: last.seq, actor: last.actor, at: new Date(last.atMs).toISOString() };
  return { ...refOf(path), why, detail, ...by };
}

function tellUndone(
  { unchanged }: UndoPlan,
  { written, left }: { readonly written: readonly Written[] } & Pick<Planned, 'left'>,
  schemas: readonly SchemaLeft[],
  { dryRun = false }: WriteOptions,
): Undone {
  const items = written.map((one) => itemOf(one, dryRun));
  const seqs = dryRun ? [] : written.map(({ seq }) => seq);
  return {
    undone: items.length,
    unchanged,
    items,
    schemas,
    left,
    seq: seqs.length === 0 ? null : [seqs.reduce((a, b) => Math.min(a, b)), seqs.reduce((a, b) => Math.max(a, b))],
    change_set: dryRun ? null : (written[0]?.changeSet ?? null),
  };
}

const OPS = { created: 'create', updated: 'update', unchanged: 'update', deleted: 'delete' } as const;

const itemOf = ({ ref, outcome, etag, seq }: Written, dryRun: boolean): UndoneItem => ({
  collection: ref.collection,
  id: ref.id,
  op: OPS[outcome],
  etag,
  ...(!dryRun && { seq }),
});
