/** What a crash left in `.larder/tmp` of a write whose bytes no log keeps: they were synced there before its frame (staging.ts). */
import type { Digest } from '../core/digest.ts';
import type { FileIdentity } from '../core/events.ts';
import { isSameFile } from '../core/redo.ts';
import { tempDigits, type Temp } from '../files/temp.ts';
import { identityOf } from './drafts.ts';
import { heldBytes, leftDigest } from './left-bytes.ts';
import type { World } from './world.ts';

type Temporary = Pick<World, 'fs' | 'tmp'>;

/**
 * The file itself, to be put in place as it is. Of several with these bytes the one that the log recorded last, because that one
 * is known to be on the disk. `identities`: the newest last.
 */
export function leftTemp(world: Temporary, digest: Digest, identities: readonly FileIdentity[]): Temp | null {
  const rank = ({ stat }: Temp): number =>
    identities.findLastIndex((identity) => isSameFile(identity, identityOf(stat)));
  const [best] = [...tempsWith(world, digest)].toSorted((a, b) => rank(b) - rank(a));
  return best ?? null;
}

/** Null also where they are too many to be held. */
export function bytesInTemp(world: Temporary, digest: Digest): Uint8Array | null {
  for (const { file } of tempsWith(world, digest)) return heldBytes(world.fs, file);
  return null;
}

function* tempsWith({ fs, tmp }: Temporary, digest: Digest): Generator<Temp> {
  for (const { name, kind } of fs.readDirectory(tmp)) {
    if (name === null || kind !== 'file' || !name.startsWith(tempDigits(digest))) continue;
    const file = `${tmp}/${name}`;
    const isThat = leftDigest(fs, file) === digest;
    const stat = fs.lstat(file);
    if (stat && isThat) yield { file, stat };
  }
}
