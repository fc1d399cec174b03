/**
 * A new path with the inode, birth time and bytes of a known path that is gone now is that document under another name
 * (DESIGN 3.9): its history goes with it. If the source is still there it is a copy.
 */
import type { Head } from '../catalog/types.ts';
import type { Digest } from '../core/digest.ts';
import type { FileIdentity } from '../core/events.ts';
import { absolute } from './places.ts';
import type { Settled } from './settled.ts';
import type { World } from './world.ts';

export interface MoveCandidate {
  readonly from: string;
  readonly to: string;
}

/** What a file is known by, whatever its name. */
type File = Pick<FileIdentity, 'ino' | 'birthtimeNs'>;

export function moveSources(world: World, decided: readonly Settled[]): MoveCandidate[] {
  const files = new KnownFiles(world);
  const taken = new Set<string>();
  return decided.flatMap((one) => {
    const from = sourceOf(world, one, files, taken);
    if (from === undefined) return [];
    taken.add(from);
    return [{ from, to: one.observation.path }];
  });
}

/** True where a file is known under another path, from which it is gone. */
export const isMovedFile = (world: World, path: string, digest: Digest, file: File): boolean =>
  new KnownFiles(world).find(digest, file).some((known) => known.path !== path && isGone(world, known.path));

function sourceOf(
  world: World,
  { observation, decision }: Settled,
  files: KnownFiles,
  taken: ReadonlySet<string>,
): string | undefined {
  const { path, examined, head, meaning } = observation;
  if (decision.do !== 'record' || head?.diskDigest || examined.digest === null) return undefined;
  if (examined.look.kind !== 'file' && examined.look.kind !== 'large') return undefined;
  const isSource = (known: Head): boolean =>
    known.path !== path && known.kind === meaning.kind && !taken.has(known.path) && isGone(world, known.path);
  return files.find(examined.digest, examined.look.stat).find(isSource)?.path;
}

/**
 * Heads by their bytes and file. Thousands of equal files are looked up once for a batch: the heads of a digest are then many,
 * those of a file one.
 */
class KnownFiles {
  readonly #world: World;
  readonly #byDigest = new Map<Digest, Map<string, Head[]>>();

  constructor(world: World) {
    this.#world = world;
  }

  find(digest: Digest, { ino, birthtimeNs }: File): readonly Head[] {
    return this.#withDigest(digest).get(`${ino} ${birthtimeNs}`) ?? [];
  }

  #withDigest(digest: Digest): Map<string, Head[]> {
    const known = this.#byDigest.get(digest) ?? Map.groupBy(this.#world.catalog.headsWithDigest(digest), fileOf);
    this.#byDigest.set(digest, known);
    return known;
  }
}

/** A stat key holds size, mtime, ctime, inode and birth time (core/stat-key.ts). */
const fileOf = ({ stat }: Head): string => stat?.split(' ').slice(3).join(' ') ?? '';

const isGone = (world: World, path: string): boolean => world.fs.lstat(absolute(world, path)) === undefined;

/** A path that seems to have moved waits until the queue of its other name is held too. */
export function withoutMoves(
  decided: Settled[],
  moves: readonly MoveCandidate[],
): { ready: Settled[]; postponed: readonly MoveCandidate[] } {
  const involved = new Set(moves.flatMap((move) => [move.to, move.from]));
  return { ready: decided.filter(({ observation }) => !involved.has(observation.path)), postponed: moves };
}

export function withMoves(
  decided: Settled[],
  moves: readonly MoveCandidate[],
): { ready: Settled[]; postponed: readonly MoveCandidate[] } {
  const fromByTarget = new Map(moves.map((move) => [move.to, move.from]));
  const sources = new Set(moves.map((move) => move.from));
  const ready = decided
    .filter(({ observation }) => !sources.has(observation.path))
    .map((one) => {
      const from = fromByTarget.get(one.observation.path);
      return from === undefined ? one : { ...one, from };
    });
  return { ready, postponed: [] };
}
