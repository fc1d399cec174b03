/** The steps of an undo as writes: exact bytes of the versions that were there, each only over what was planned for. */
import type { StoredEvent } from '../../catalog/answers.ts';
import { MOST_CHANGE_BYTES, MOST_CHANGES } from '../../core/change-set.ts';
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import { folded } from '../../core/names.ts';
import { classify, type DocumentRef } from '../../core/refs.ts';
import type { WriteRequest } from '../../core/requests.ts';
import type { UndoStep } from '../../core/undo-plan.ts';
import type { DocumentLeft, UndoConflict } from '../../core/undo-requests.ts';
import { paceOf } from '../../host/pace.ts';
import { bytesOrRefusal } from '../../reconciler/bodies.ts';
import type { World } from '../../reconciler/world.ts';

export interface Planned {
  readonly requests: readonly WriteRequest[];
  readonly conflicts: readonly UndoConflict[];
  readonly left: readonly DocumentLeft[];
}

/** Throws `too_large` where the set would be. */
export async function requestsFor(world: World, steps: readonly UndoStep[]): Promise<Planned> {
  if (steps.length > MOST_CHANGES) throw tooLarge(`${steps.length} documents`);
  const found = await brokenAmong(world, steps);
  const broken = found.size < steps.length ? found : new Map<UndoStep, Seq>();
  const doable = steps.filter((step) => !broken.has(step));
  const requests: WriteRequest[] = [];
  const conflicts: UndoConflict[] = [];
  const deleted = new Set(steps.flatMap(({ path, to }) => (to === null ? [path] : [])));
  let bytes = 0;
  const pace = paceOf(world.clock);
  for (const step of doable) {
    const request = requestFor(world, step, deleted);
    if ('why' in request) conflicts.push(request);
    else requests.push(request);
    if ('change' in request && 'body' in request.change) bytes += request.change.body.length;
    if (bytes > MOST_CHANGE_BYTES) throw tooLarge(`more than ${MOST_CHANGE_BYTES} bytes`);
    await pace();
  }
  return { requests, conflicts, left: [...broken].map(([{ path }, seq]) => ({ ...refOf(path), seq })) };
}

/** A broken file that went with others: nothing of it was served before either, and it holds none of the others back. */
async function brokenAmong(world: World, steps: readonly UndoStep[]): Promise<Map<UndoStep, Seq>> {
  const broken = new Map<UndoStep, Seq>();
  const pace = paceOf(world.clock);
  for (const step of steps) {
    const { path, now, to, before } = step;
    const version = now === null && to !== null ? world.catalog.versionWith(path, to, before - 1) : undefined;
    if (version?.kind === 'invalid' && world.catalog.servedAt(path, before - 1)?.kind !== 'valid')
      broken.set(step, version.seq);
    await pace();
  }
  return broken;
}

const tooLarge = (what: string): LarderError =>
  new LarderError(
    'too_large',
    `an undo is one change set, of at most ${MOST_CHANGES} documents and ${MOST_CHANGE_BYTES} bytes; this would be ${what}`,
    {
      members: { hint: 'Undo one collection at a time, or less: collection, since and to_seq narrow it.' },
    },
  );

function requestFor(world: World, step: UndoStep, deleted: ReadonlySet<string>): WriteRequest | UndoConflict {
  const { path, now, to } = step;
  const ref = refOf(path);
  const preconditions = now === null ? { ifNoneMatch: '*' as const } : { ifMatch: [now] };
  if (to === null) return { ref, change: { op: 'delete' }, preconditions };
  const version = world.catalog.versionWith(path, to, step.before - 1);
  if (version?.kind === 'invalid') return { ...ref, why: 'invalid', detail: sayInvalid(version) };
  const body = version && bytesOrRefusal(world, { ...version, digest: to });
  if (!body) return { ...ref, why: 'gone', detail: 'the bytes of the version before are not kept any more' };
  if (body instanceof LarderError) return { ...ref, why: body.code, detail: body.message };
  const twin = now === null ? world.catalog.pathFoldedAs(folded(path), path) : undefined;
  // A move that only changed the case of a name.
  const frees = twin !== undefined && deleted.has(twin) ? { frees: twin } : {};
  return { ref, change: { op: 'exact', body }, preconditions, ...frees };
}

const sayInvalid = ({ seq }: StoredEvent): string =>
  `the version before, seq ${seq}, was never served; …/_history/${seq} has its bytes`;

export function refOf(path: string): DocumentRef {
  const meaning = classify(path);
  if ('id' in meaning) return { collection: meaning.collection, id: meaning.id };
  throw new Error(`${path} is no place for a document`);
}
