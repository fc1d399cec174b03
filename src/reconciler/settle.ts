/**
 * Makes the log agree with what lies at some paths: look, decide, record. Everything that changes anything comes through
 * here or through write.ts, each inside the queues of its paths.
 */
import { FIRST_SCAN, type DraftEntry, type Origin } from '../core/events.ts';
import { decide, type Decision } from '../core/decision.ts';
import { collectionOf, isSchemaPath } from '../core/refs.ts';
import { statKeyOf } from '../core/stat-key.ts';
import type { DerivedProblem, Seen } from '../catalog/types.ts';
import type { Examined } from '../files/types.ts';
import { holdPath, isLost, judgeLost, WALK_RETRY_MS, waitsForWalk } from './absences.ts';
import { copyAt, settleCopy } from './conflicts.ts';
import { contentOf } from './content.ts';
import { draftFor, keepLargeBytes } from './drafts.ts';
import { derivedProblems } from './derived.ts';
import { moveSources, withMoves, withoutMoves, type MoveCandidate } from './moves.ts';
import { knownOf, observe, sightOf, type Observation } from './observe.ts';
import { placeLate } from './redo.ts';
import { settleSchema } from './schema-changes.ts';
import { freeNames, hasTwin } from './twins.ts';
import { originOf } from './origin.ts';
import { comparedOrigin } from './restores.ts';
import { noteOutage } from './out-of-reach.ts';
import { setDerived } from './derived.ts';
import type { Settled, SettleOptions } from './settled.ts';
import { markUnrecorded, unlessRefused } from './unrecorded.ts';
import type { World } from './world.ts';

/** Settles the paths, each exactly once, and resolves when what was found is recorded, applied and announced. */
export async function settle(world: World, paths: readonly string[], options: SettleOptions = {}): Promise<Settled[]> {
  const ordinary: string[] = [];
  const others: Settled[] = [];
  for (const path of paths) {
    const copy = copyAt(world, path);
    if (copy === null) ordinary.push(path);
    else others.push(...(await settleCopy(world, path, copy, options, settleHeld)));
  }
  return ordinary.length === 0 ? others : [...(await settleOrdinary(world, ordinary, options)), ...others];
}

async function settleOrdinary(world: World, paths: readonly string[], options: SettleOptions): Promise<Settled[]> {
  const first = await world.queues.runAll(paths, () => settleHeld(world, paths, options));
  if (first.moves.length === 0) return first.settled;
  // Sources of moves need their queues too, which can only be taken together with the targets'.
  const all = [...new Set(first.moves.flatMap((move) => [move.to, move.from]))];
  const second = await world.queues.runAll(all, () => settleHeld(world, all, { ...options, movesAllowed: true }));
  return [...first.settled, ...second.settled];
}

interface Pass {
  readonly settled: Settled[];
  readonly moves: readonly MoveCandidate[];
}

/** The same for a caller that holds the queues of the paths. A path that seems moved is left for the second pass. */
export async function settleHeld(
  world: World,
  paths: readonly string[],
  options: SettleOptions & { readonly movesAllowed?: boolean } = {},
): Promise<Pass> {
  // Documents are judged by the schema that lies beside them now.
  const [schemas, others] = bySchema(await placedAmong(world, paths));
  if (schemas.length > 0) await settleSchemas(world, schemas, options);
  const judgedBy = world.schemas.changes;
  const observed = await observe(world, others, options);
  for (const { outage } of observed) if (outage) await noteOutage(world, outage);
  const decided = decideAll(world, observed, judgedBy, options);
  const moves = options.nothingKnown ? [] : moveSources(world, decided);
  const { ready, postponed } = options.movesAllowed ? withMoves(decided, moves) : withoutMoves(decided, moves);
  await carryOut(
    world,
    ready.filter(({ observation }) => !observation.outage),
    options,
  );
  // It may fit the schema of now; what was good by the earlier one has its marks already (derived.ts).
  if (world.schemas.changes !== judgedBy) world.lookAgain(ready.filter(isRefused).map(pathOfSettled));
  return { settled: ready, moves: postponed };
}

async function settleSchemas(world: World, paths: readonly string[], options: SettleOptions): Promise<void> {
  for (const observation of await observe(world, paths)) {
    if (observation.outage) await noteOutage(world, observation.outage);
    else await unlessRefused(world, [observation.path], () => settleSchema(world, observation, options));
  }
}

const isRefused = ({ decision }: Settled): boolean => decision.do === 'record-invalid';
const pathOfSettled = ({ observation }: Settled): string => observation.path;

function bySchema(paths: readonly string[]): [schemas: readonly string[], others: readonly string[]] {
  const schemas = paths.filter(isSchemaPath);
  return [schemas, schemas.length === 0 ? paths : paths.filter((path) => !isSchemaPath(path))];
}

/** A version that the log has and the disk has not: what lies there instead is no edit, and is not looked at before. */
async function placedAmong(world: World, paths: readonly string[]): Promise<readonly string[]> {
  const waiting = new Set<string>();
  for (const path of paths) {
    const unplaced = world.backlog.unplaced(path);
    if (unplaced && !(await placeLate(world, unplaced))) waiting.add(path);
  }
  return waiting.size === 0 ? paths : paths.filter((path) => !waiting.has(path));
}

function decideAll(
  world: World,
  observations: readonly Observation[],
  judgedBy: number,
  options: SettleOptions,
): Settled[] {
  const taken = new Map<string, string>();
  return observations.map((observation) => {
    const decision = decideOne(world, observation, options);
    const twin = decision.do === 'record' ? hasTwin(world, observation, taken) : null;
    return { observation, decision: twin ?? decision, judgedBy };
  });
}

function decideOne(world: World, observation: Observation, options: SettleOptions): Decision {
  const { path, meaning, head, found } = observation;
  if (isBeyondReach(observation)) return { do: 'nothing' };
  const known = knownOf(meaning, head);
  if (options.rotTaken) return decide({ ...known, cleanKey: null, rotListed: false }, found);
  if (found.is === 'absent' && options.absencesConfirmed) return decide(known, { ...found, ageMs: Infinity });
  const decision = decide(known, found);
  const isUndecided = decision.do === 'lost' && waitsForWalk(world, path);
  return isUndecided ? { do: 'wait', code: 'absent', forMs: WALK_RETRY_MS, faults: [] } : decision;
}

/** Asked for below a directory that cannot be entered: the directory is the problem, not every name that somebody thinks of. */
const isBeyondReach = ({ head, examined: { look } }: Observation): boolean =>
  head === undefined && look.kind === 'blocked' && look.key === null;

async function carryOut(world: World, settled: readonly Settled[], options: SettleOptions): Promise<void> {
  const eventful = settled.filter(({ decision }) => isEvent(decision));
  const paths = eventful.map(({ observation }) => observation.path);
  const isRecorded = await unlessRefused(world, paths, () => recordFound(world, settled, options));
  for (const one of eventful) {
    if (isRecorded) world.backlog.recorded(one.observation.path);
    else markUnrecorded(world, one);
  }
}

/** Records what has to be recorded in one change set, and remembers the rest. */
async function recordFound(world: World, settled: readonly Settled[], options: SettleOptions): Promise<void> {
  const lost = settled.filter(isLost);
  const deletable = options.absencesConfirmed ? null : await judgeLost(world, lost);
  // A set may wait long for its paths: what is found then is not older than the look at it.
  const origin = { ...comparedOrigin(world, settled, options), atMs: world.clock.nowMs() };
  const sessionByPath = new Map(settled.map((one) => [one.observation.path, sessionOf(world, one)]));
  const recorded: Settled[] = [];
  for (const one of settled) {
    if (isLost(one) && deletable?.has(one.observation.path) === false) continue;
    if (await remember(world, one, origin)) recorded.push(one);
  }
  const bySession = Map.groupBy(recorded, ({ observation }) => sessionByPath.get(observation.path));
  for (const [session, group] of bySession) await record(world, group, originIn(world, origin, session));
  if (options.beforeWrite) return;
  const isRecorded = new Set(recorded);
  noteSeen(
    world,
    settled.filter((one) => !isRecorded.has(one)),
  );
}

/** Of a deletion that a restore made, and of what the first scan found too young to be recorded. */
function sessionOf(world: World, one: Settled): string | undefined {
  const session = world.pendings.get(one.observation.path)?.session;
  if (isLost(one)) return session ?? world.restores.session(world) ?? undefined;
  return session === FIRST_SCAN ? session : undefined;
}

/** What a restore took away is found gone a moment after what it brought back: it belongs to the same session. */
function originIn(world: World, origin: Origin, session: string | undefined): Origin {
  if (session === undefined || origin.cause !== 'hand') return origin;
  return session === FIRST_SCAN ? { ...origin, session } : { ...originOf(world, 'restore', 'hand'), session };
}

/** Updates what waits, and what is derived without an event; true when one is due. */
async function remember(world: World, one: Settled, origin: Origin): Promise<boolean> {
  const { path } = one.observation;
  if (one.decision.do === 'wait') {
    waitFor(world, one, one.decision, origin);
    return false;
  }
  world.pendings.delete(path);
  if (one.from !== undefined) world.pendings.delete(one.from);
  if (!isEvent(one.decision)) {
    noteDerived(world, one);
    return false;
  }
  await keepLargeBytes(world, one);
  return true;
}

function noteDerived(world: World, one: Settled): void {
  const {
    path,
    head,
    examined: { digest },
  } = one.observation;
  const problems = derivedProblems(world, one);
  if (problems && digest !== null && (problems.length > 0 || (head?.problems.length ?? 0) > 0))
    setDerived(world, new Map([[path, { digest, problems }]]));
}

function waitFor(
  world: World,
  { observation }: Settled,
  { code, forMs, faults }: Extract<Decision, { do: 'wait' }>,
  origin: Origin,
): void {
  const { path, examined, meaning } = observation;
  const collection = collectionOf(meaning);
  // While a collection is held nobody has to wait to know that an absence is held as well: after a restart, for instance.
  if (code === 'absent' && world.absences.held.has(collection)) return holdPath(world, collection, path);
  const sight = sightOf(observation);
  const ofRestore = origin.cause === 'restore' ? origin.session : (world.restores.session(world) ?? undefined);
  const session = origin.session === FIRST_SCAN ? FIRST_SCAN : code === 'absent' ? ofRestore : undefined;
  world.pendings.set(
    path,
    { code, sight, collection, digest: examined.digest, faults, ...(session !== undefined && { session }) },
    forMs,
  );
}

async function record(world: World, settled: readonly Settled[], origin: Origin): Promise<void> {
  const changes = settled.filter(({ decision }) => isChange(decision));
  const verdicts = settled.filter(({ decision }) => !isChange(decision));
  const recorded = await Promise.allSettled([
    recordKind(world, 'change', origin, changes),
    recordKind(world, 'verdict', origin, verdicts),
  ]);
  for (const one of recorded) if (one.status === 'rejected') throw one.reason;
}

const isEvent = ({ do: what }: Decision): boolean => what !== 'nothing' && what !== 'wait' && what !== 'mark-unfit';

const isChange = (decision: Decision): boolean => decision.do === 'record' || decision.do === 'lost';

async function recordKind(
  world: World,
  kind: 'change' | 'verdict',
  origin: Origin,
  settled: readonly Settled[],
): Promise<void> {
  if (settled.length === 0) return;
  const byPath = new Map(settled.map((one) => [one.observation.path, one]));
  const entries: DraftEntry[] = settled.map((one) => draftFor(world, one));
  const frame = await world.recorder.record(
    { type: 'events', kind, origin, entries },
    {
      seen: (path) => seenOf(byPath.get(path)?.observation.examined),
      derived: (path) => derivedFrom(world, byPath.get(path)),
      content: (path) => contentFor(byPath.get(path)),
    },
  );
  for (const { path } of frame.entries) {
    world.firstIndex?.recorded.add(path);
    if (byPath.get(path)?.observation.examined.growth) world.streams.recorded(path);
  }
  world.checkpoints.changed(frame);
  freeNames(world, frame);
  for (const path of byPath.keys()) world.onMarked(path);
}

function contentFor(one: Settled | undefined): { text: string; searchText: string } {
  const examined = one?.observation.examined;
  if (examined?.look.kind !== 'file') throw new Error('only a file that was read has content');
  return contentOf(examined.look.bytes, examined.searchText);
}

const derivedFrom = (world: World, one: Settled | undefined): readonly DerivedProblem[] | null =>
  one ? derivedProblems(world, one) : null;

function seenOf(examined: Examined | undefined): Seen | undefined {
  const look = examined?.look;
  if (!look || (look.kind !== 'file' && look.kind !== 'large')) return undefined;
  return { key: statKeyOf(look.stat), clean: !look.racy, grown: examined?.growth?.isProven === false };
}

/** Paths without an event: their stat is remembered, so that they are not read again. A path that waits stays unclean. */
function noteSeen(world: World, settled: readonly Settled[]): void {
  const notes = settled.flatMap(({ observation, decision }) => {
    // Of what is absent the last stat stays: under another name it is told by that.
    if (decision.do === 'wait' || !observation.head || observation.found.is === 'absent') return [];
    return [{ path: observation.path, seen: seenOf(observation.examined) ?? null }];
  });
  for (let start = 0; start < notes.length; start += 200) world.catalog.noteSeen(notes.slice(start, start + 200));
}
