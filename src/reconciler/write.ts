/**
 * Writes asked for by a client: the same queue, look and record as a hand edit, with a judgement before and a swap after
 * the log is synced (DESIGN 4).
 */
import { MOST_CHANGE_BYTES } from '../core/change-set.ts';
import type { Digest } from '../core/digest.ts';
import { digestOf } from '../core/digest.ts';
import type { Writing } from '../core/edited-document.ts';
import { meaningOfProblem } from '../core/problem-hints.ts';
import { LarderError } from '../core/errors.ts';
import type { Fault } from '../core/events.ts';
import { classify, pathOf, type PathMeaning } from '../core/refs.ts';
import type { Who, WriteOptions, WriteRequest, WriteResult, Written } from '../core/requests.ts';
import { paceOf } from '../host/pace.ts';
import type { FileStat } from '../host/ports.ts';
import { checkTarget, isWhole } from './check-target.ts';
import { commit } from './commit.ts';
import { copyAt } from './conflicts.ts';
import { newBytes, newRawBytes } from '../core/new-bytes.ts';
import { editedDocument } from './edit.ts';
import { checkNew } from './judge-new.ts';
import { isMerge, mergedDocument } from './merge-write.ts';
import { outOfReach } from './out-of-reach.ts';
import { checkPreconditions, checkUnserved } from './preconditions.ts';
import { describeStale } from './stale.ts';
import { settle, settleHeld } from './settle.ts';
import type { Settled } from './settled.ts';
import type { World } from './world.ts';

/** A write that is judged and ready to be put in place. */
export interface Prepared {
  readonly request: WriteRequest;
  readonly path: string;
  readonly outcome: Written['outcome'];
  readonly bytes: Uint8Array | null;
  readonly digest: Digest | null;
  readonly before: Digest | null;
  /** The file that will be replaced; null when there is none. */
  readonly replaces: FileStat | null;
  /** What comes out of the tree may be bytes that no version has: the look was racy, or what it saw is only pending. */
  readonly unproven: boolean;
  readonly searchText: string | null;
  /** Of its bytes, as they were judged. */
  readonly warnings: readonly Fault[];
  /** `SchemaBook.changes` before it was judged; null when no schema judged it. */
  readonly judgedBy: number | null;
}

/** Looks until nothing about the path is undecided any more: an absence seen once, a move half seen. */
const MOST_ATTEMPTS = 50;
const RETRY_MS = 100;

export async function write(
  world: World,
  request: WriteRequest,
  who: Who,
  options: WriteOptions = {},
): Promise<Written> {
  const [result] = await writeSet(world, [request], who, options);
  if (!result) throw new Error('one request, no result');
  if (!result.ok) throw result.error;
  return result.written;
}

/** Requests for distinct paths as one frame. `atomic`: the first refusal refuses all, by throwing. */
export async function writeSet(
  world: World,
  requests: readonly WriteRequest[],
  who: Who,
  options: WriteOptions & { readonly atomic?: boolean },
): Promise<WriteResult[]> {
  const paths = requests.map((request) => pathOf(request.ref));
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const results = await world.queues.runAll(paths, () => tryWrite(world, requests, paths, who, options));
    if (results !== 'undecided') return results;
    await settle(world, paths);
    await new Promise<void>((resolve) => void world.clock.after(RETRY_MS, resolve));
  }
  throw new LarderError('pending', 'the file is being changed; nothing was written');
}

async function tryWrite(
  world: World,
  requests: readonly WriteRequest[],
  paths: readonly string[],
  who: Who,
  options: WriteOptions & { readonly atomic?: boolean },
): Promise<WriteResult[] | 'undecided'> {
  if (paths.some((path) => !world.conflicts.get(path) && copyAt(world, path))) return 'undecided';
  const settled = await settleInPieces(
    world,
    paths.filter((path) => !world.conflicts.get(path)),
  );
  refuseUntilTaken(world, paths);
  if (settled === 'moving' || settled.some((one) => isUndecided(world, one))) return 'undecided';
  const settledByPath = new Map(settled.map((one) => [one.observation.path, one]));
  const results = await prepareAll(world, requests, settledByPath, options.atomic ? MOST_CHANGE_BYTES : Infinity);
  const refused = options.atomic ? results.findIndex((result) => result instanceof Error) : -1;
  if (results[refused] instanceof LarderError) throw refusedAt(refused, results[refused]);
  const prepared = results.filter((result): result is Prepared => !(result instanceof Error));
  const written = await commit(world, prepared, who, options);
  return results.map((result) =>
    result instanceof Error ? { ok: false, error: result } : (written.get(result) ?? failedAlone()),
  );
}

/** Looked at in one go: what is decided and remembered of them is one turn of the event loop. */
const SETTLED_AT_ONCE = 200;

async function settleInPieces(world: World, paths: readonly string[]): Promise<readonly Settled[] | 'moving'> {
  const settled: Settled[] = [];
  for (let start = 0; start < paths.length; start += SETTLED_AT_ONCE) {
    const pass = await settleHeld(world, paths.slice(start, start + SETTLED_AT_ONCE), {
      beforeWrite: true,
      whole: 'kept',
    });
    if (pass.moves.length > 0) return 'moving';
    settled.push(...pass.settled);
    if (start > 0) await world.clock.yieldTurn();
  }
  return settled;
}

/** The refusal of a set names the index of the request. */
export const refusedAt = (i: number, error: LarderError): LarderError =>
  new LarderError(error.code, error.message, {
    errors: error.errors,
    members: { i, ...error.members },
    headers: error.headers,
    cause: error,
  });

/** What lies there is not in the log, or what the log has does not lie there: nothing is written on top before that is settled. */
export function refuseUntilTaken(world: World, paths: readonly string[]): void {
  const { backlog, recorder } = world;
  const path = paths.find((one) => backlog.isUnrecorded(one) || backlog.unplaced(one) || recorder.isInDoubt(one));
  if (path === undefined) return;
  const reason = backlog.reason ?? recorder.logTrouble;
  throw new LarderError(reason?.code ?? 'log_unwritable', `${path} waits for the disk: ${reason?.message}`, {
    cause: reason,
  });
}

const failedAlone = (): WriteResult => ({ ok: false, error: new Error('a prepared write came back without a result') });

const isUndecided = (world: World, { observation: { path, outage } }: Settled): boolean =>
  !outage && world.pendings.get(path)?.code === 'absent';

async function prepareAll(
  world: World,
  requests: readonly WriteRequest[],
  settledByPath: ReadonlyMap<string, Settled>,
  mostBytes: number,
): Promise<(Prepared | LarderError)[]> {
  const results: (Prepared | LarderError)[] = [];
  let bytes = 0;
  const pace = paceOf(world.clock);
  for (const [i, request] of requests.entries()) {
    const result = await prepare(world, request, settledByPath.get(pathOf(request.ref)));
    results.push(result);
    if (!(result instanceof Error)) bytes += result.bytes?.length ?? 0;
    // A small patch may make a large document.
    if (bytes > mostBytes)
      throw refusedAt(i, new LarderError('too_large', `a change set holds at most ${mostBytes} bytes of documents`));
    await pace();
  }
  return results;
}

/** Judges one write in full. Refusals are values here, so that a bulk goes on past them. */
async function prepare(
  world: World,
  request: WriteRequest,
  settled: Settled | undefined,
): Promise<Prepared | LarderError> {
  try {
    return await judge(world, request, settled);
  } catch (error) {
    if (error instanceof LarderError) return error;
    throw error;
  }
}

async function judge(world: World, request: WriteRequest, settled: Settled | undefined): Promise<Prepared> {
  const path = pathOf(request.ref);
  const look = settled?.observation.examined.look;
  const copy = world.conflicts.get(path);
  if (copy) throw new LarderError('conflict', `${path} is a conflict copy of ${copy.stem}: decide that problem first`);
  if (!settled || !look) throw new LarderError('bad_name', `${path} is not a place for a document`);
  const { outage } = settled.observation;
  if (outage) throw outOfReach(outage, path);
  if (world.pendings.get(path)?.code === 'held') throw new LarderError('document_held', `${path} is held`);
  if (look.kind === 'blocked' && look.why === 'other-device')
    throw new LarderError('other_device', `${path}: ${look.detail}`);
  if (look.kind === 'blocked')
    throw new LarderError('document_invalid', `${path}: ${look.detail}`, {
      members: { hint: meaningOfProblem('unreadable').hint },
    });
  if (look.kind === 'unstable') throw new LarderError('pending', `${path} is being written by another program`);
  const disk = look.kind === 'absent' ? null : settled.observation.examined.digest;
  const head = settled.decision.do === 'nothing' ? settled.observation.head : world.catalog.head(path);
  const served = head?.servedDigest ?? null;
  checkTarget(world, request, path, disk);
  const bytes = look.kind === 'file' ? look.bytes : null;
  const merges = isMerge(request, disk);
  checkPreconditions(request.preconditions, { disk, served, merges }, (stale) =>
    describeStale(world, path, stale, bytes),
  );
  checkUnserved(request.preconditions, { disk, served, merges });
  const replaces = look.kind === 'absent' ? null : look.stat;
  const text = disk === served ? bytes : null;
  const isRacy = 'racy' in look && look.racy && world.placements.keyOf(path) !== look.key;
  const unproven = isRacy || disk !== (world.catalog.head(path)?.diskDigest ?? null);
  const found = { disk, replaces, unproven, current: text };
  return merges ? judgeMerged(world, request, path, found) : judgeBytes(world, request, path, found);
}

interface Current {
  readonly disk: Digest | null;
  readonly replaces: FileStat | null;
  readonly unproven: boolean;
  readonly current: Uint8Array | null;
}

async function judgeBytes(world: World, request: WriteRequest, path: string, found: Current): Promise<Prepared> {
  const { disk, replaces, unproven, current } = found;
  const { change } = request;
  const common = { request, path, before: disk, replaces, unproven };
  if (disk !== null && current === null && !isWhole(change) && change.op !== 'delete') {
    throw new LarderError('document_invalid', `${path} is broken on disk: a patch has nothing to apply to`);
  }
  if (change.op === 'delete') return { ...common, outcome: 'deleted', ...NOTHING };
  return judgeNewBytes(world, common, change, current);
}

const isJson = (meaning: PathMeaning): boolean => meaning.kind !== 'file' && meaning.kind !== 'stream';

async function judgeMerged(
  world: World,
  request: WriteRequest,
  path: string,
  { disk, replaces, unproven, current }: Current,
): Promise<Prepared> {
  if (!isJson(classify(path))) throw new LarderError('bad_request', 'only documents can be merged');
  const { change } = request;
  if (change.op === 'delete') throw new LarderError('bad_request', 'a deletion cannot be merged');
  const judgedBy = world.schemas.changes;
  const merged = await mergedDocument(world, { ...request, change }, path, current);
  checkNew(world, classify(path), path, { isServed: current !== null, freed: request.frees });
  return { request, path, before: disk, replaces, unproven, judgedBy, ...changeTo(disk, merged) };
}

/** A merge, or a write that says what is there already, may change nothing. */
const changeTo = <Made extends Pick<Prepared, 'digest'>>(
  disk: Digest | null,
  made: Made,
): Made & Pick<Prepared, 'outcome'> => ({
  ...made,
  outcome: disk === null ? 'created' : made.digest === disk ? 'unchanged' : 'updated',
});

const NOTHING = { bytes: null, digest: null, searchText: null, warnings: [], judgedBy: null } as const;

type Common = Pick<Prepared, 'request' | 'path' | 'before' | 'replaces' | 'unproven'>;

async function judgeNewBytes(
  world: World,
  common: Common,
  change: Writing,
  current: Uint8Array | null,
): Promise<Prepared> {
  const { path, before: disk } = common;
  const meaning = classify(path);
  const judgedBy = world.schemas.changes;
  checkNew(world, meaning, path, { isServed: current !== null, freed: common.request.frees });
  const made =
    meaning.kind === 'document'
      ? await editedDocument(world, path, change, current)
      : otherBytes(meaning, change, current);
  return { ...common, judgedBy, ...changeTo(disk, made) };
}

/** Streams and files are what the caller sends; nothing of them is indexed. */
function otherBytes(
  meaning: PathMeaning,
  change: Writing,
  current: Uint8Array | null,
): Pick<Prepared, 'bytes' | 'digest' | 'searchText' | 'warnings'> {
  const bytes = isJson(meaning) ? newBytes(change, current) : newRawBytes(change);
  return { bytes, digest: bytes && digestOf(bytes), searchText: '', warnings: [] };
}
