/** Looks at paths and puts what was found beside what is known: the input of the pure decision. */
import type { Head } from '../catalog/types.ts';
import type { Known, Found } from '../core/decision.ts';
import type { Fault } from '../core/events.ts';
import { classify, collectionOf, type PathMeaning } from '../core/refs.ts';
import { examine, type KnownVersion } from '../core/examine.ts';
import type { StatKey } from '../core/stat-key.ts';
import type { KnownVersions } from '../files/bulk.ts';
import { look } from '../files/look.ts';
import { findOutage, type Outage } from '../files/outage.ts';
import type { Examined, Look } from '../files/types.ts';
import { examineGrowth, withGrowth } from './growing-streams.ts';
import type { SettleOptions } from './settled.ts';
import { paceOf, type Pace } from '../host/pace.ts';
import type { World } from './world.ts';

export interface Observation {
  readonly path: string;
  readonly meaning: PathMeaning;
  readonly head: Head | undefined;
  readonly examined: Examined;
  readonly found: Found;
  /** What is in the way, where it could not be looked at. */
  readonly outage?: Outage;
}

/** Larger documents, and more than a few at once, are read and judged in a worker (DESIGN 3.11). */
const IN_THREAD_BYTES = 256 * 1024;
const IN_THREAD_PATHS = 4;
export const LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** One observation a path, in the order of the paths. Paths without a meaning to us are left out. */
export async function observe(
  world: World,
  paths: readonly string[],
  { whole, beforeWrite = false }: Pick<SettleOptions, 'whole' | 'beforeWrite'> = {},
): Promise<Observation[]> {
  const pace = paceOf(world.clock);
  const known = await soundVersions(world, paths, pace, beforeWrite);
  const observations: Observation[] = [];
  for (const examined of await examineAll(world, paths, known, whole)) {
    observations.push(...observationOf(world, examined, known));
    await pace();
  }
  return observations;
}

function observationOf(world: World, seen: Examined, known: KnownVersions): Observation[] {
  const meaning = classify(seen.path);
  if (meaning.kind === 'files-schema') return [];
  const head = headOf(world, seen.path);
  const one = isMarkedSince(head, known) ? judgedHere(world, seen) : seen;
  const outage = outageOver(world, one);
  if (outage) return [{ path: one.path, meaning, head, examined: one, found: { is: 'out-of-reach' }, outage }];
  if (meaning.kind === 'ignored' && !isForeignLink(meaning, one.look)) return formerLink(meaning, head, one);
  return [{ path: one.path, meaning, head, examined: one, found: foundOf(world, meaning, one) }];
}

/**
 * What is served, is what was on disk, and has no mark: most looks find just that again, after a write of our own first of all.
 * Marks are not in the log: a version that the catalog has from there alone, so that its row is not clean, is judged once more.
 */
async function soundVersions(
  world: World,
  paths: readonly string[],
  pace: Pace,
  beforeWrite: boolean,
): Promise<KnownVersions> {
  const known = new Map<string, KnownVersion>();
  for (const path of paths) {
    const head = headOf(world, path);
    if (head?.clean && head.servedDigest && head.servedDigest === head.diskDigest && head.problems.length === 0)
      known.set(path, { digest: head.servedDigest, placedAs: beforeWrite ? placedAs(world, head) : null });
    await pace();
  }
  return known;
}

/** Of a file that we placed ourselves a moment ago, and that nobody can have written to without a trace. Whoever only looks hashes. */
function placedAs({ placements }: World, { path, stat }: Head): StatKey | null {
  const key = placements.freshKeyOf(path);
  return key !== undefined && key === stat ? key : null;
}

/** A schema came into force while the bytes were read: they are judged after all. */
const isMarkedSince = (head: Head | undefined, known: KnownVersions): boolean =>
  head !== undefined && head.problems.length > 0 && known.has(head.path);

async function examineAll(
  world: World,
  paths: readonly string[],
  known: KnownVersions,
  whole: SettleOptions['whole'],
): Promise<readonly Examined[]> {
  const grown = whole === 'all' ? [] : await examineGrown(world, paths, whole);
  const others = grown.length === 0 ? paths : without(paths, grown);
  const read = await examineAny(world, others, known);
  return inOrder(paths, grown, others.some(isStream) ? await withGrowthOfStreams(world, read) : read);
}

const isStream = (path: string): boolean => classify(path).kind === 'stream';

async function examineAny(world: World, paths: readonly string[], known: KnownVersions): Promise<readonly Examined[]> {
  if (paths.length > IN_THREAD_PATHS) return examineInBulk(world, paths, known);
  const results: Examined[] = [];
  for (const path of paths) results.push(await examineOne(world, path, known));
  return results;
}

async function withGrowthOfStreams(world: World, examined: readonly Examined[]): Promise<readonly Examined[]> {
  const found: Examined[] = [];
  for (const one of examined) {
    const head = isStream(one.path) ? headOf(world, one.path) : undefined;
    found.push(head ? await withGrowth(world, one, head) : one);
  }
  return found;
}

/** Streams of which only the end has to be read. */
async function examineGrown(
  world: World,
  paths: readonly string[],
  whole: SettleOptions['whole'],
): Promise<readonly Examined[]> {
  const examined: Examined[] = [];
  for (const path of paths) {
    const head = isStream(path) ? headOf(world, path) : undefined;
    const grown = head && (await examineGrowth(world, path, head, whole));
    if (grown) examined.push(grown);
  }
  return examined;
}

function without(paths: readonly string[], examined: readonly Examined[]): readonly string[] {
  const done = new Set(examined.map(({ path }) => path));
  return paths.filter((path) => !done.has(path));
}

function inOrder(
  paths: readonly string[],
  some: readonly Examined[],
  others: readonly Examined[],
): readonly Examined[] {
  if (some.length === 0) return others;
  const byPath = new Map([...some, ...others].map((one) => [one.path, one]));
  return paths.flatMap((path) => byPath.get(path) ?? []);
}

async function examineInBulk(
  world: World,
  paths: readonly string[],
  known: KnownVersions,
): Promise<readonly Examined[]> {
  const examined = await world.bulk.examine(paths, world.schemas.texts(), known);
  // A schema in TypeScript cannot travel to the worker.
  if (!world.schemas.hasFixed) return examined;
  return examined.map((one) => (isJudgedHere(world, one) ? judgedHere(world, one) : one));
}

const isJudgedHere = (world: World, { path, verdict }: Examined): boolean =>
  verdict?.kind === 'valid' && world.schemas.isFixed(collectionOf(classify(path)));

const judgedHere = (world: World, { path, look: seen }: Examined): Examined => judgedIn(world, path, seen, undefined);

const judgedIn = (world: World, path: string, seen: Look, known: KnownVersion | undefined): Examined =>
  examine(path, seen, (value, text) => world.schemas.judge(path, value, text), known);

async function examineOne(world: World, path: string, known: KnownVersions): Promise<Examined> {
  const seen = look(world, path, { maxBytes: Math.min(IN_THREAD_BYTES, world.heldBytes) });
  if (seen.kind !== 'large') return judgedIn(world, path, seen, known.get(path));
  const [examined] = await examineInBulk(world, [path], known);
  if (!examined) throw new Error(`no examination of ${path}`);
  return examined;
}

/** What no look can get at says nothing about itself. */
const outageOver = (world: World, { path, look: seen }: Examined): Outage | null =>
  seen.kind === 'blocked' && seen.key === null ? findOutage(world, path) : null;

/** A symlink inside a collection is reported whatever its name: people expect it to be followed. */
const isForeignLink = (meaning: Extract<PathMeaning, { kind: 'ignored' }>, seen: Look): boolean =>
  meaning.why === 'other' && seen.kind === 'blocked' && seen.why === 'symlink';

/** A first index asks the catalog only for what it recorded itself: 100,000 answers of nothing cost seconds. */
const headOf = (world: World, path: string): Head | undefined =>
  world.firstIndex?.recorded.has(path) === false ? undefined : world.catalog.head(path);

/** What was reported as a symlink and is none any more: its problem ends, whatever is there now. */
const formerLink = (meaning: PathMeaning, head: Head | undefined, examined: Examined): Observation[] =>
  head?.problems.includes('unreadable')
    ? [{ path: examined.path, meaning, head, examined, found: { is: 'absent', ageMs: Infinity } }]
    : [];

function foundOf(world: World, meaning: PathMeaning, examined: Examined): Found {
  const { look: seen, path } = examined;
  switch (seen.kind) {
    case 'absent':
      return { is: 'absent', ageMs: world.pendings.ageMs(path, 'absent') };
    case 'unstable':
      return { is: 'unstable' };
    case 'blocked':
      // Below a symlinked directory nothing is ours; the link itself is the problem.
      if (seen.why === 'parent-symlink') return { is: 'absent', ageMs: world.pendings.ageMs(path, 'absent') };
      return { is: 'blocked', code: 'unreadable', faults: [{ code: `unreadable_${seen.why}`, detail: seen.detail }] };
    case 'file':
    case 'large':
      if (meaning.kind === 'misnamed') return { is: 'blocked', code: 'name', faults: [meaning.fault] };
      return judgedFound(world, examined, seen);
  }
}

function judgedFound(world: World, examined: Examined, seen: Extract<Look, { kind: 'file' | 'large' }>): Found {
  const wallAgeMs = Number((world.clock.nowNs() - seen.stat.ctimeNs) / 1_000_000n);
  const ageMs = Math.max(wallAgeMs, world.pendings.ageMs(examined.path, seen.key));
  const { verdict, digest } = examined;
  const { key } = seen;
  if (verdict?.kind === 'valid' && digest !== null) return { is: 'valid', digest, ageMs, key };
  const faults: readonly Fault[] = verdict?.kind === 'invalid' ? verdict.faults : [];
  return { is: 'invalid', digest, ageMs, key, faults };
}

/** What was there, as far as a second look has to find the same. What could not be read is no absence. */
export function sightOf({ found, examined: { look: seen } }: Pick<Observation, 'found' | 'examined'>): string {
  if (found.is === 'absent') return 'absent';
  return 'key' in seen && seen.key !== null ? seen.key : found.is;
}

/** A problem that only a verdict in the log ends; a served document that no longer fits its schema has none. */
function recordedProblem(head: Head): string | null {
  for (const code of ['unreadable', 'name', 'rotten'] as const) if (head.problems.includes(code)) return code;
  return head.diskDigest !== head.servedDigest && head.problems.includes('invalid') ? 'invalid' : null;
}

export const knownOf = (meaning: PathMeaning, head: Head | undefined): Known => ({
  diskDigest: head?.diskDigest ?? null,
  servedDigest: head?.servedDigest ?? null,
  problem: head ? recordedProblem(head) : null,
  recordedWhenQuiet: meaning.kind === 'file',
  cleanKey: head?.clean && !head.grown ? head.stat : null,
  rotListed: head?.problems.includes('rotten') ?? false,
});
