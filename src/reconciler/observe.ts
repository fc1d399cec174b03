/** Looks at paths and puts what was found beside what is known: the input of the pure decision. */
import type { Head } from '../catalog/types.ts';
import type { Known, Found } from '../core/decision.ts';
import type { Fault } from '../core/events.ts';
import { classify, collectionOf, type PathMeaning } from '../core/refs.ts';
import { examine } from '../core/examine.ts';
import { look } from '../files/look.ts';
import type { Examined, Look } from '../files/types.ts';
import type { World } from './world.ts';

export interface Observation {
  readonly path: string;
  readonly meaning: PathMeaning;
  readonly head: Head | undefined;
  readonly examined: Examined;
  readonly found: Found;
}

/** Larger documents, and more than a few at once, are read and judged in a worker (DESIGN 3.11). */
const IN_THREAD_BYTES = 256 * 1024;
const IN_THREAD_PATHS = 4;
export const LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** One observation a path, in the order of the paths. Paths without a meaning to us are left out. */
export async function observe(world: World, paths: readonly string[]): Promise<Observation[]> {
  const examined = await examineAll(world, paths);
  return examined.flatMap((one) => {
    const meaning = classify(one.path);
    if (meaning.kind === 'files-schema') return [];
    const head = headOf(world, one.path);
    if (meaning.kind === 'ignored' && !isForeignLink(meaning, one.look)) return formerLink(meaning, head, one);
    return [{ path: one.path, meaning, head, examined: one, found: foundOf(world, meaning, one) }];
  });
}

async function examineAll(world: World, paths: readonly string[]): Promise<readonly Examined[]> {
  if (paths.length > IN_THREAD_PATHS) return examineInBulk(world, paths);
  const results: Examined[] = [];
  for (const path of paths) results.push(await examineOne(world, path));
  return results;
}

async function examineInBulk(world: World, paths: readonly string[]): Promise<readonly Examined[]> {
  const examined = await world.bulk.examine(paths, world.schemas.texts());
  // A schema in TypeScript cannot travel to the worker.
  if (!world.schemas.hasFixed) return examined;
  return examined.map((one) => (isJudgedHere(world, one) ? judgedHere(world, one) : one));
}

const isJudgedHere = (world: World, { path, verdict }: Examined): boolean =>
  verdict?.kind === 'valid' && world.schemas.isFixed(collectionOf(classify(path)));

const judgedHere = (world: World, { path, look: seen }: Examined): Examined =>
  examine(path, seen, (value, text) => world.schemas.judge(path, value, text));

async function examineOne(world: World, path: string): Promise<Examined> {
  const seen = look(world, path, { maxBytes: IN_THREAD_BYTES });
  if (seen.kind !== 'large') return examine(path, seen, (value, text) => world.schemas.judge(path, value, text));
  const [examined] = await examineInBulk(world, [path]);
  if (!examined) throw new Error(`no examination of ${path}`);
  return examined;
}

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
  cleanKey: head?.clean ? head.stat : null,
  rotListed: head?.problems.includes('rotten') ?? false,
});
