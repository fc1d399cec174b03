/** Which events are undone: the request's conditions as seqs, and the events that meet them. */
import type { EventSelection, StoredEvent } from '../../catalog/answers.ts';
import { LarderError } from '../../core/errors.ts';
import { FIRST_SCAN, type Seq } from '../../core/events.ts';
import { classify, pathOf } from '../../core/refs.ts';
import { parseMoment } from '../../core/moments.ts';
import { isWrittenBack, transitionsOf } from '../../core/undo-plan.ts';
import type { UndoRequest } from '../../core/undo-requests.ts';
import { decidedAbsences } from '../../reconciler/decided-absences.ts';
import { settle } from '../../reconciler/settle.ts';
import type { World } from '../../reconciler/world.ts';
import { seqAt } from '../moments.ts';
import { restoreBeginning } from './restore-beginning.ts';

/** Read in one turn of the event loop. */
const AT_ONCE = 500;
/** What is held in memory for a plan. */
const MOST_EVENTS = 200_000;

/** In the order of their seqs. Throws `bad_request`, `not_found`, `future_seq`, `ambiguous_time`, `too_large`. */
export async function selectEvents(world: World, request: UndoRequest): Promise<StoredEvent[]> {
  await whatIsDone(world, request);
  const { selection, after } = selectionOf(world, request);
  const events: StoredEvent[] = [];
  for (let next = after; ;) {
    const page = world.catalog.selectEvents(selection, next, AT_ONCE);
    events.push(...page.filter((event) => isMeant(event, request)));
    if (events.length > MOST_EVENTS)
      throw new LarderError('too_large', `more than ${MOST_EVENTS} events are meant: undo less at once`);
    next = page.at(-1)?.seq ?? next;
    if (page.length < AT_ONCE) break;
    await world.clock.yieldTurn();
  }
  if (events.length > 0) return [...(await restoreBeginning(world, selection, after, events)), ...events];
  throw new LarderError('not_found', 'nothing was done that meets these conditions', {
    members: { hint: 'GET /v1/_history, or larder log, shows what was done last, by whom and in which change set.' },
  });
}

/** What the first scan found was there before: nobody did it, so it is undone only by its own name. */
const isMeant = (event: StoredEvent, { change_set: set, session: asked }: UndoRequest): boolean =>
  set !== undefined || (!isWrittenBack(event) && (event.session !== FIRST_SCAN || asked !== undefined));

/** A file that was removed a moment ago is meant as well, and not the change before. A change set is told already. */
async function whatIsDone(world: World, request: UndoRequest): Promise<void> {
  const { change_set: changeSet, collection } = request;
  const path = pathOfRequest(request);
  if (path !== null && isUndoable(path)) await settle(world, [path]);
  if (changeSet !== undefined || (path !== null && world.pendings.get(path)?.code !== 'absent')) return;
  await decidedAbsences(world, (one) =>
    path === null ? collection === undefined || one.startsWith(`${collection}/`) : one === path,
  );
}

function selectionOf(world: World, request: UndoRequest): { selection: EventSelection; after: Seq } {
  const {
    change_set: changeSet = null,
    actor = null,
    session = null,
    since,
    to_seq: toSeq,
    collection = null,
  } = request;
  const path = pathOfRequest(request);
  const newest = world.recorder.announcedSeq;
  const upTo = toSeq === undefined ? newest : seqAt(world, { seq: toSeq });
  const common = { changeSet, actor, session, scope: path === null ? collection : null, path };
  if (changeSet !== null || actor !== null || session !== null || since !== undefined)
    return { selection: { ...common, upTo }, after: since === undefined ? 0 : seqSince(world, since) };
  if (path === null)
    throw new LarderError('bad_request', 'say what to undo: change_set, actor, session, since, or a document');
  const last = lastChange(world, path, upTo);
  return { selection: { ...common, upTo: last }, after: last - 1 };
}

function pathOfRequest({ collection, document }: UndoRequest): string | null {
  if (document === undefined) return null;
  if (collection === undefined) throw new LarderError('bad_request', 'document needs its collection');
  return pathOf({ collection, id: document });
}

function seqSince(world: World, since: Seq | string): Seq {
  if (typeof since === 'number') return seqAt(world, { seq: since });
  const timeMs = parseMoment(since);
  if (timeMs === null) throw new LarderError('bad_request', 'since must be a seq or an RFC 3339 time');
  if (!world.catalog.isAmbiguousTime(timeMs)) return world.catalog.seqAtTime(timeMs);
  throw new LarderError(
    'ambiguous_time',
    `the clock went back over ${since}: seqs before and after say that they are older`,
  );
}

const PAGE = 20;

function lastChange(world: World, path: string, upTo: Seq): Seq {
  for (let before = upTo + 1; ;) {
    const page = world.catalog.history(path, { before, limit: PAGE });
    const found = page.find((event) => !isWrittenBack(event) && transitionsOf(event).some((one) => one.path === path));
    const last = page.at(-1);
    if (found) return found.seq;
    if (last === undefined) throw new LarderError('not_found', `${path} is not there, and has no history`);
    before = last.seq;
  }
}

export function isUndoable(path: string): boolean {
  const { kind } = classify(path);
  return kind === 'document' || kind === 'stream' || kind === 'file';
}
