/**
 * Conflict copies (core/conflict-copies.ts): never a document of their own, never swallowed. The bytes of a copy are recorded as a
 * `rescued` version of its original, which has the problem `conflict` for as long as the copy lies beside it. What has a version
 * under its own name, by API or by a person's decision, is a document for good.
 *
 *   a name like a copy's --has a version, or no evidence--> an ordinary document
 *            |
 *            +--evidence--> rescued version of the original, problem `conflict` --file gone, or decided--> resolved
 */
import { conflictCopyOf, isConflictCopy, sharesHalfItsLines, standsAlone } from '../core/conflict-copies.ts';
import type { ConflictCopy } from '../core/conflict-copies.ts';
import type { Digest } from '../core/digest.ts';
import type { Fault, Origin } from '../core/events.ts';
import type { Side } from '../core/problems.ts';
import type { StatKey } from '../core/stat-key.ts';
import type { Examined } from '../files/types.ts';
import type { FileStat } from '../host/ports.ts';
import { keptBytesOf } from './bodies.ts';
import { mostKeptBytes, modifiedMsOf } from './drafts.ts';
import { originOf } from './origin.ts';
import { absolute } from './places.ts';
import { recordRescued } from './rescued-version.ts';
import type { Settled, SettleOptions } from './settled.ts';
import { recordVerdict } from './verdicts.ts';
import type { World } from './world.ts';

interface OpenCopy {
  readonly stem: string;
  readonly fault: Fault;
  /** What was seen last; null: look again. */
  readonly key: StatKey | null;
}

const MOST_BASES = 32;

/** Copies that lie beside their originals, by path. As much of it as matters is in the log: the faults of open problems. */
export class ConflictLedger {
  readonly #byPath = new Map<string, OpenCopy>();
  readonly #pathsByStem = new Map<string, Set<string>>();
  readonly #bases = new Map<string, Map<string, Side | null>>();

  load(stem: string, faults: readonly Fault[]): void {
    for (const fault of faults) if (fault.path !== undefined) this.open(fault.path, { stem, fault, key: null });
  }

  get(path: string): OpenCopy | undefined {
    return this.#byPath.get(path);
  }

  paths(): Iterable<string> {
    return this.#byPath.keys();
  }

  open(path: string, copy: OpenCopy): void {
    this.#byPath.set(path, copy);
    const paths = this.#pathsByStem.get(copy.stem) ?? new Set();
    this.#pathsByStem.set(copy.stem, paths.add(path));
  }

  /** Finding a base reads a history: once for each pair of sides (`known`), as long as the conflict lasts. */
  baseOnce(stem: string, known: string, find: () => Side | null): Side | null {
    const bases = this.#bases.get(stem) ?? new Map<string, Side | null>();
    const found = bases.get(known);
    if (found !== undefined) return found;
    if (bases.size >= MOST_BASES) bases.clear();
    const base = find();
    this.#bases.set(stem, bases.set(known, base));
    return base;
  }

  close(path: string): void {
    const stem = this.#byPath.get(path)?.stem ?? '';
    this.#bases.delete(stem);
    this.#byPath.delete(path);
    this.#pathsByStem.get(stem)?.delete(path);
    if (this.#pathsByStem.get(stem)?.size === 0) this.#pathsByStem.delete(stem);
  }

  /** What the problem of an original says of its copies, but for one of them. */
  faultsBeside(path: string, stem: string): Fault[] {
    const others = [...(this.#pathsByStem.get(stem) ?? [])].filter((other) => other !== path);
    return others.flatMap((other) => this.#byPath.get(other)?.fault ?? []);
  }
}

/** What might be a conflict copy lies there, or did: it is not to be settled like other files. */
export function copyAt(world: World, path: string): ConflictCopy | null {
  const copy = conflictCopyOf(path);
  if (copy === null || world.conflicts.get(path)) return copy;
  if (!standsAlone(copy) && !isThere(world, copy.stem)) return null;
  return isThere(world, path) && !hasVersions(world, path) ? copy : null;
}

/** Whether `.orig` and its like lie there: names that mean nothing else. */
export const isCopyOnly = (world: World, path: string): boolean =>
  conflictCopyOf(path)?.tool === 'merge' && copyAt(world, path) !== null;

function isThere(world: World, path: string): boolean {
  try {
    return world.fs.lstat(absolute(world, path)) !== undefined;
  } catch {
    return false;
  }
}

const hasVersions = (world: World, path: string): boolean =>
  world.firstIndex?.recorded.has(path) !== false && world.catalog.history(path, { before: null, limit: 1 }).length > 0;

type SettleHeld = (
  world: World,
  paths: readonly string[],
  options: SettleOptions,
) => Promise<{ readonly settled: readonly Settled[] }>;

/** Settles what might be a copy. `settleHeld` settles other files; the queues of both paths are taken here. */
export function settleCopy(
  world: World,
  path: string,
  copy: ConflictCopy,
  options: SettleOptions,
  settleHeld: SettleHeld,
): Promise<readonly Settled[]> {
  return world.queues.runAll([path, copy.stem], async () => {
    const [examined] = await world.bulk.examine([path], world.schemas.texts());
    if (examined === undefined || examined.look.kind === 'absent') return endCopy(world, path, copy, options.origin);
    if (examined.look.kind !== 'file' && examined.look.kind !== 'large')
      return (await settleHeld(world, [path], options)).settled;
    await settleHeld(world, [copy.stem], options);
    if (!world.conflicts.get(path) && !isConflictCopy(copy, evidenceOf(world, copy, examined, examined.look.stat)))
      return (await settleHeld(world, [path], options)).settled;
    await recordCopy(world, path, copy, examined, options.origin ?? originOf(world, 'hand'));
    return [];
  });
}

const MS_IN_NS = 1_000_000n;
const VERSIONS_COMPARED = 20;

function evidenceOf(world: World, { stem, sure }: ConflictCopy, { look }: Examined, stat: FileStat) {
  const original = world.fs.lstat(absolute(world, stem));
  const isYounger = original !== undefined && stat.mtimeNs / MS_IN_NS >= original.mtimeNs / MS_IN_NS;
  const isAlike = !sure && look.kind === 'file' && isLikeAVersion(world, stem, new TextDecoder().decode(look.bytes));
  return { stemExists: original !== undefined, isYounger, isAlike };
}

const isLikeAVersion = (world: World, stem: string, text: string): boolean =>
  world.catalog.history(stem, { before: null, limit: VERSIONS_COMPARED }).some(({ kind, digest, body }) => {
    if (kind === 'rescued' || digest === null || body.in === 'nowhere') return false;
    const bytes = keptBytesOf(world, { body, digest });
    return bytes !== null && sharesHalfItsLines(text, new TextDecoder().decode(bytes));
  });

const TOOL_NAMES: Readonly<Record<ConflictCopy['tool'], string>> = {
  syncthing: 'Syncthing',
  dropbox: 'Dropbox or one like it',
  seafile: 'Seafile',
  onedrive: 'OneDrive',
  merge: 'a merge tool',
  copy: 'a program that keeps both',
};

const faultOf = (path: string, { tool }: ConflictCopy): Fault => ({
  code: `conflict_${tool}`,
  path,
  detail: `${path} is another version of this document, left by ${TOOL_NAMES[tool]}`,
});

async function recordCopy(
  world: World,
  path: string,
  copy: ConflictCopy,
  { look, digest }: Examined,
  origin: Origin,
): Promise<void> {
  if (digest === null || (look.kind !== 'file' && look.kind !== 'large')) return;
  const known = world.conflicts.get(path);
  const key = look.racy ? null : look.key;
  const fault = faultOf(path, copy);
  if (known === undefined || !isRecorded(world, path, copy.stem, digest)) {
    const others = world.conflicts.faultsBeside(path, copy.stem);
    await recordVersion(world, copy.stem, [fault, ...others], { look, digest }, origin);
  }
  world.conflicts.open(path, { stem: copy.stem, fault, key });
  world.onMarked(copy.stem);
}

/** The newest bytes recorded of this copy are these. */
export const recordedCopy = (world: World, path: string, stem: string) =>
  world.catalog
    .history(stem, { before: null, limit: 1000 })
    .find(({ kind, code, faults }) => kind === 'rescued' && code === 'conflict' && faults[0]?.path === path);

const isRecorded = (world: World, path: string, stem: string, digest: Digest): boolean =>
  recordedCopy(world, path, stem)?.digest === digest;

async function recordVersion(
  world: World,
  stem: string,
  faults: readonly Fault[],
  { look, digest }: { readonly look: Extract<Examined['look'], { kind: 'file' | 'large' }>; readonly digest: Digest },
  origin: Origin,
): Promise<void> {
  const version = {
    path: stem,
    code: 'conflict',
    faults,
    digest,
    size: look.stat.size,
    bytes: look.kind === 'file' ? look.bytes : null,
    keptUpTo: mostKeptBytes(world, stem),
    modifiedMs: modifiedMsOf(look.stat),
  } as const;
  await recordRescued(world, version, origin);
}

/** The copy is gone: deleted, taken, or a document now. The problem ends with the last. */
export async function endCopy(
  world: World,
  path: string,
  { stem }: Pick<ConflictCopy, 'stem'>,
  origin?: Origin,
): Promise<[]> {
  if (!world.conflicts.get(path)) return [];
  const faults = world.conflicts.faultsBeside(path, stem);
  const verdict = { op: faults.length > 0 ? 'problem' : 'resolved', code: 'conflict', faults } as const;
  await recordVerdict(world, stem, verdict, origin ?? originOf(world, 'hand'));
  world.conflicts.close(path);
  return [];
}
