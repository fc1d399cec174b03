import type { Digest } from '../core/digest.ts';
import type { Fault } from '../core/events.ts';
import type { StatKey } from '../core/stat-key.ts';
import type { Clock, FileKind, FileStat, FileSystem } from '../host/ports.ts';

/** The tree that is served, and the two ports it is seen through. */
export interface World {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** Absolute, without symlinks. */
  readonly root: string;
  /** Device of the root when it was opened: what lies on another one is never touched. */
  readonly rootDevice: bigint;
  /** Its inode then: another directory in its place is not the root. */
  readonly rootInode: bigint;
  /** Larger files are hashed, and never held (16 MiB). */
  readonly heldBytes?: number;
}

/** What one look at a path found. Only regular files below real directories of the root's own device are opened. */
export type Look =
  /** `bytes` may be a view of a whole batch's buffer: what is kept for longer is copied first. */
  | {
      readonly kind: 'file';
      readonly stat: FileStat;
      readonly key: StatKey;
      readonly racy: boolean;
      readonly bytes: Uint8Array;
    }
  /** Larger than was asked for: hashed, not held. `digest` is null when hashing was not asked for. */
  | {
      readonly kind: 'large';
      readonly stat: FileStat;
      readonly key: StatKey;
      readonly racy: boolean;
      readonly digest: Digest | null;
    }
  | { readonly kind: 'absent' }
  /** Something that is never read: a directory, a symlink, a FIFO, another device, no permission. */
  | {
      readonly kind: 'blocked';
      readonly why: 'directory' | 'symlink' | 'special' | 'denied' | 'other-device' | 'parent-symlink' | 'root-gone';
      readonly key: StatKey | null;
      readonly detail: string;
    }
  /** It changed during each of five reads. */
  | { readonly kind: 'unstable' };

/** A look with everything that can be said about the bytes without knowing their history. */
export interface Examined {
  readonly path: string;
  readonly look: Look;
  readonly digest: Digest | null;
  readonly verdict:
    | { readonly kind: 'valid'; readonly warnings: readonly Fault[] }
    | { readonly kind: 'invalid'; readonly faults: readonly Fault[] }
    | null;
  /** What full text indexes of a valid document; null otherwise. */
  readonly searchText: string | null;
  /** It is the recorded stream, and more. */
  readonly growth?: GrownBy;
}

interface GrownBy {
  /** What is recorded of it: the bytes that were appended. Null where the history keeps it whole, or does not keep it. */
  readonly appended: Uint8Array | null;
  /** False when of what is recorded already only the end was read (growth.ts). */
  readonly isProven: boolean;
}

export interface ListedName {
  /** As on disk; bytes that are not UTF-8 spelled `\xNN` (then `addressable` is false). */
  readonly name: string;
  readonly addressable: boolean;
  readonly kind: FileKind;
  /** Null when it vanished before it could be looked at; such names are left out of the listing. */
  readonly key: StatKey;
  readonly racy: boolean;
}

/** One directory as the walk saw it. `path` is below the root, '' for the root itself. */
export interface DirectoryListing {
  readonly path: string;
  readonly entries: readonly ListedName[];
  /** Why the directory could not be read, e.g. EACCES or another device; its contents are unknown then, not absent. */
  readonly unreadable?: string;
}

/** Where to look. `name` null: somewhere in the directory. Paths below the root. */
export interface Hint {
  readonly directory: string;
  readonly name: string | null;
}

/** The watcher says where, never what: losing, repeating and inventing hints is allowed, the rescan makes up for it. */
export interface Watcher extends AsyncDisposable {
  readonly kind: 'chokidar' | 'directories' | 'poll';
  /** Number of kernel watches held. */
  readonly watches: number;
  /** Directories that could not be watched (watch limit, no permission); rescans alone see what happens in them. */
  readonly blind: number;
  /** The tree below the root is watched; resolves when every directory that exists now is. */
  readonly ready: Promise<void>;
  /** Before a full rescan: watches again what is no longer watched, or could not be. What it watches anew is hinted at. */
  rearm(): Promise<void>;
}

export interface WatchOptions {
  /** Absolute. */
  readonly root: string;
  readonly onHint: (hint: Hint) => void;
  /** Hints may have been lost (watch limit, error): a rescan is due now. Told once, not again with every `rearm`. */
  readonly onTrouble: (reason: string) => void;
}
