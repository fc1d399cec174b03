/**
 * A new path with the inode, birth time and bytes of a known path that is gone now is that document under another name
 * (DESIGN 3.9): its history goes with it. If the source is still there it is a copy.
 */
import type { Head } from '../catalog/types.ts';
import type { FileStat } from '../host/ports.ts';
import { absolute } from './places.ts';
import type { Settled } from './settled.ts';
import type { World } from './world.ts';

export interface MoveCandidate {
  readonly from: string;
  readonly to: string;
}

export function moveSources(world: World, decided: readonly Settled[]): MoveCandidate[] {
  const taken = new Set<string>();
  return decided.flatMap((one) => {
    const from = sourceOf(world, one, taken);
    if (from === undefined) return [];
    taken.add(from);
    return [{ from, to: one.observation.path }];
  });
}

function sourceOf(world: World, { observation, decision }: Settled, taken: ReadonlySet<string>): string | undefined {
  const { path, examined, head, meaning } = observation;
  if (decision.do !== 'record' || head?.diskDigest || examined.digest === null) return undefined;
  if (examined.look.kind !== 'file' && examined.look.kind !== 'large') return undefined;
  const { stat } = examined.look;
  const isSource = (known: Head): boolean =>
    known.path !== path &&
    known.kind === meaning.kind &&
    !taken.has(known.path) &&
    isSameFile(known, stat) &&
    isGone(world, known.path);
  return world.catalog.headsWithDigest(examined.digest).find(isSource)?.path;
}

/** A stat key holds size, mtime, ctime, inode and birth time (core/stat-key.ts). */
function isSameFile(known: Head, stat: FileStat): boolean {
  const [, , , ino, birthtimeNs] = known.stat?.split(' ') ?? [];
  return ino === String(stat.ino) && birthtimeNs === String(stat.birthtimeNs);
}

const isGone = (world: World, path: string): boolean => world.fs.lstat(absolute(world, path)) === undefined;
