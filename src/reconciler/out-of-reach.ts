/**
 * Places that cannot be looked into: the root is gone, another disk lies over a directory, or the daemon may not enter it. What
 * lies below may be there or not, so it is held (DESIGN 3.9): served as it was, marked with the one problem of its place, not
 * written, and nothing is recorded of it. That ends by itself, with the first walk that can look again.
 *
 * The problem of a directory is in the log. That of the root cannot be: the log has gone with it.
 */
import type { Fault } from '../core/events.ts';
import { LarderError } from '../core/errors.ts';
import { isAtOrBelow } from '../core/paths-below.ts';
import { problemIdOf } from '../core/problem-hints.ts';
import type { Problem } from '../core/problems.ts';
import { findOutage, type Outage } from '../files/outage.ts';
import type { DirectoryListing } from '../files/types.ts';
import { checkRoot } from '../files/parents.ts';
import type { Clock, FileStat, Timer } from '../host/ports.ts';
import { originOf } from './origin.ts';
import { unlessRefused } from './unrecorded.ts';
import { recordVerdict } from './verdicts.ts';
import type { World } from './world.ts';

export interface OpenOutage extends Outage {
  readonly sinceWallMs: number;
  /** Whether the log has its problem; without room it is said again by the next look. */
  readonly isRecorded: boolean;
}

/** How soon it is seen that the root is back. */
const ROOT_LOOK_MS = 1000;

const FAULT_CODES = { 'root-gone': 'root_missing', 'other-device': 'other_device', denied: 'no_permission' } as const;

const faultOf = ({ why, detail }: Outage): Fault => ({ code: FAULT_CODES[why], detail });

/** What is out of reach now. */
export class OutOfReach {
  readonly #byPlace = new Map<string, OpenOutage>();
  readonly #clock: Clock;
  readonly #checkRoot: () => string | null;
  readonly #onRoot: (detail: string | null) => void;
  #timer: Timer | null = null;
  #isClosed = false;

  /** `checkRoot` says what is wrong with the root, null when nothing is; `onRoot` is told when that begins and ends. */
  constructor(clock: Clock, checkRoot: () => string | null, onRoot: (detail: string | null) => void) {
    this.#clock = clock;
    this.#checkRoot = checkRoot;
    this.#onRoot = onRoot;
  }

  /** The root, looked at now. */
  root(): OpenOutage | null {
    const detail = this.#checkRoot();
    const known = this.#byPlace.get('') ?? null;
    if (detail === null) {
      if (known && this.#byPlace.delete('')) this.#onRoot(null);
      return null;
    }
    if (known) return known;
    const outage = this.open({ place: '', why: 'root-gone', detail }, false);
    this.#onRoot(detail);
    this.#lookAgainLater();
    return outage;
  }

  at(place: string): OpenOutage | undefined {
    return this.#byPlace.get(place);
  }

  /** What stands between a path and the root. */
  over(path: string): OpenOutage | undefined {
    for (const outage of this.#byPlace.values()) if (isAtOrBelow(path, outage.place)) return outage;
    return undefined;
  }

  /** Places at or below one, or above it. */
  touching(place: string): OpenOutage[] {
    return [...this.#byPlace.values()].filter((one) => isAtOrBelow(place, one.place) || isAtOrBelow(one.place, place));
  }

  open(outage: Outage, isRecorded: boolean): OpenOutage {
    const sinceWallMs = this.#byPlace.get(outage.place)?.sinceWallMs ?? this.#clock.nowMs();
    const opened = { ...outage, sinceWallMs, isRecorded };
    this.#byPlace.set(outage.place, opened);
    return opened;
  }

  end(place: string): void {
    this.#byPlace.delete(place);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #lookAgainLater(): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ROOT_LOOK_MS, () => {
      if (this.root() !== null) this.#lookAgainLater();
    });
  }
}

/** What is wrong with the root, in words; null when it is the one that was opened. */
function troubleOfRoot(world: Pick<World, 'fs' | 'root' | 'rootDevice' | 'rootInode'>): string | null {
  try {
    const root = checkRoot(world);
    return root === 'sound' ? null : root.detail;
  } catch (error) {
    return `the root ${world.root} cannot be looked at: ${String(error)}`;
  }
}

/** Says in the server's log when the root goes and comes back; then what happened meanwhile is looked for. */
export function openOutOfReach(
  world: Pick<World, 'clock' | 'fs' | 'root' | 'rootDevice' | 'rootInode' | 'log'>,
  rescanSoon: (reason: string) => void,
): OutOfReach {
  const onRoot = (detail: string | null): void => {
    if (detail === null) return rescanSoon('the root is back');
    world.log.error({ root: world.root }, `${detail}: everything is held and served as it was, nothing is written`);
  };
  return new OutOfReach(world.clock, () => troubleOfRoot(world), onRoot);
}

/** A look met something in its way. */
export async function noteOutage(world: World, outage: Outage): Promise<void> {
  if (outage.place === '') return void world.outOfReach.root();
  if (world.outOfReach.at(outage.place)?.isRecorded) return;
  // At once, or another look would say it again meanwhile.
  world.outOfReach.open(outage, true);
  // One problem for each place: what is held already because it disappeared is not said a second time.
  if (world.absences.held.has(outage.place)) return;
  const problem = { op: 'problem', code: 'held', faults: [faultOf(outage)] } as const;
  const isRecorded = await unlessRefused(world, [], () =>
    recordVerdict(world, outage.place, problem, originOf(world, 'hand')),
  );
  world.outOfReach.open(outage, isRecorded);
}

/**
 * After a walk: what it could not list is out of reach, all else below where it began is not any more. False when it is the root
 * itself: then nothing that was seen says anything about what is missing.
 */
export async function noteWalked(
  world: World,
  subtree: string,
  unreadable: readonly DirectoryListing[],
): Promise<boolean> {
  if (unreadable.length > 0 && world.outOfReach.root() !== null) return false;
  const still = new Set<string>();
  for (const listing of unreadable) {
    const outage = outageOf(world, listing);
    still.add(outage.place);
    await noteOutage(world, outage);
  }
  for (const { place } of world.outOfReach.touching(subtree)) {
    if (!still.has(place) && isAtOrBelow(place, subtree)) await endOutage(world, place);
  }
  return true;
}

const outageOf = (world: World, { path, unreadable }: DirectoryListing): Outage =>
  findOutage(world, `${path}/_`) ?? { place: path, why: 'denied', detail: unreadable ?? `${path} cannot be read` };

async function endOutage(world: World, place: string): Promise<void> {
  const outage = world.outOfReach.at(place);
  if (!outage) return;
  world.outOfReach.end(place);
  if (world.absences.held.has(place) || !outage.isRecorded) return;
  const resolved = { op: 'resolved', code: 'held' } as const;
  const isRecorded = await unlessRefused(world, [], () =>
    recordVerdict(world, place, resolved, originOf(world, 'hand')),
  );
  if (!isRecorded) world.outOfReach.open(outage, true);
}

/** What the log says of a held place: whether it is one that was out of reach, and no absence. */
export function recallOutage(world: World, place: string, faults: readonly Fault[]): boolean {
  const fault = faults.find(({ code }) => code === FAULT_CODES.denied || code === FAULT_CODES['other-device']);
  if (!fault) return false;
  const why = fault.code === FAULT_CODES.denied ? 'denied' : 'other-device';
  world.outOfReach.open({ place, why, detail: fault.detail }, true);
  return true;
}

/** The root has no name below itself. */
const ROOT_NAME = '.';

export const problemIdOfOutage = ({ place }: Outage): string => problemIdOf(place === '' ? ROOT_NAME : place, 'held');

const ERROR_CODES = { 'root-gone': 'root_gone', 'other-device': 'other_device', denied: 'document_held' } as const;

/** The refusal of whoever wants to write there, or to read what was never known. */
export const outOfReach = (outage: Outage, path: string): LarderError =>
  new LarderError(ERROR_CODES[outage.why], `${path} is held: ${outage.detail}`, {
    members: { problem_id: problemIdOfOutage(outage), hint: hintOf(outage) },
  });

const HINTS = {
  'root-gone': 'Mount its disk, or move the directory back',
  'other-device': 'Unmount what lies over it, or keep the data on one file system',
  denied: 'Put a directory there that the daemon may read and enter',
} as const;

const hintOf = ({ why }: Outage): string =>
  `${HINTS[why]}: everything goes on by itself then. Until then nothing is deleted, and nothing is written there.`;

/** What a held place says besides what disappeared in it. */
export function withOutage(world: World, problem: Problem): Problem {
  const outage = world.outOfReach.at(problem.path);
  return outage ? { ...problem, errors: [faultOf(outage)], hint: hintOf(outage) } : problem;
}

/** The one problem that no log has. */
export function problemOfRoot(world: World): Problem | undefined {
  const outage = world.outOfReach.root();
  if (!outage) return undefined;
  return {
    id: problemIdOfOutage(outage),
    code: 'held',
    path: ROOT_NAME,
    since: new Date(outage.sinceWallMs).toISOString(),
    state: 'held',
    errors: [faultOf(outage)],
    hint: hintOf(outage),
    digest: null,
    serving: null,
  };
}

/** Throws when a directory that is to be synced is no part of the root that was opened. One that is gone is. */
export function checkReach(
  world: Pick<World, 'rootDevice' | 'rootInode'>,
  directory: string,
  stat: FileStat | undefined,
): void {
  if (directory === '') {
    if (stat?.dev !== world.rootDevice || stat.ino !== world.rootInode)
      throw new LarderError('root_gone', 'the root is not there, or another one: nothing of it can be synced');
  } else if (stat !== undefined && stat.dev !== world.rootDevice)
    throw new LarderError('other_device', `another disk lies over ${directory}: nothing below it can be synced`);
}
