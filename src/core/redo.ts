/**
 * What opening does with a path whose last change may not have reached the disk (DESIGN 4, "Opening always runs redo").
 * Pure; the log is the redo record, and whatever it cannot explain is a later edit by hand, which wins.
 */
import type { Digest } from './digest.ts';
import type { FileIdentity } from './events.ts';

/** What was last recorded of a path since the checkpoint, and around it. */
export interface LastRecorded {
  /** `version`: whole bytes, valid or not. `gone`: deleted, or moved away. */
  readonly kind: 'version' | 'gone';
  readonly digest: Digest | null;
  /** True when no file was there before, or it was made anew: nothing on disk then means that the creation was lost. */
  readonly created: boolean;
  /**
   * Identities that files of this path had, as far as frames since the checkpoint tell; that of the last one too, because
   * a power cut may keep the times of a file and not its bytes.
   */
  readonly identities: readonly FileIdentity[];
}

export type OnDisk =
  | { readonly is: 'absent' }
  | {
      readonly is: 'file';
      readonly digest: Digest;
      readonly identity: FileIdentity;
      readonly tornPiece: boolean;
      readonly recordedBefore: boolean;
    }
  | { readonly is: 'other' };

export type Redo = 'done' | 'write' | 'remove' | 'leave';

export const isSameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.ino === b.ino && a.birthtimeNs === b.birthtimeNs && a.mtimeNs === b.mtimeNs;

export function judgeRedo(last: LastRecorded, disk: OnDisk, rootWasCopied: boolean): Redo {
  if (disk.is === 'other') return 'leave';
  if (last.kind === 'gone') return redoDeletion(last, disk, rootWasCopied);
  if (disk.is === 'absent') return last.created ? 'write' : 'leave';
  if (disk.digest === last.digest) return 'done';
  return disk.tornPiece || isOvertaken(last, disk, rootWasCopied) ? 'write' : 'leave';
}

function redoDeletion(last: LastRecorded, disk: Exclude<OnDisk, { is: 'other' }>, rootWasCopied: boolean): Redo {
  if (disk.is === 'absent') return 'done';
  return disk.tornPiece || isOvertaken(last, disk, rootWasCopied) ? 'remove' : 'leave';
}

/**
 * The file is one that the last change replaced, not somebody's later work. Its bytes need not be a version: of a save in
 * place a power cut may leave some blocks of the new bytes among the old ones.
 */
const isOvertaken = (last: LastRecorded, disk: Extract<OnDisk, { is: 'file' }>, rootWasCopied: boolean): boolean =>
  rootWasCopied ? disk.recordedBefore : last.identities.some((identity) => isSameFile(identity, disk.identity));

const BLOCK_BYTES = 512;

/** True for what a power cut may leave of these bytes: nothing, a prefix, or blocks of NUL in place of data. */
export function isTornPieceOf(found: Uint8Array, version: Uint8Array): boolean {
  if (found.length > version.length) return false;
  for (let start = 0; start < found.length; start += BLOCK_BYTES) {
    const block = found.subarray(start, start + BLOCK_BYTES);
    if (!isNul(block) && Buffer.compare(block, version.subarray(start, start + block.length)) !== 0) return false;
  }
  return found.length < version.length || !equal(found, version);
}

const isNul = (block: Uint8Array): boolean => block.every((byte) => byte === 0);

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
