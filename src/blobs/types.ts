import type { Digest } from '../core/digest.ts';

/** Bytes by their BLAKE3 digest, in `.larder/blobs`. */
export interface BlobStore {
  /** Stores and syncs the bytes and their directory entry; cheap when they are there already. */
  put(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** The bytes, checked against the digest; null when they are not there. */
  get(digest: Digest): Uint8Array | null;
  has(digest: Digest): boolean;
  /** All that are there. */
  list(): Digest[];
  /** When it was stored, or wanted again, last; null where it is not there. */
  storedAtMs(digest: Digest): number | null;
  remove(digest: Digest): void;
  /** After some were removed: no power cut brings them back. Rejects with what the disk says. */
  syncRemoved(digests: Iterable<Digest>): Promise<void>;
  /** Bytes of all blobs. */
  sizeBytes(): number;
  /** Reads it whole and says what it is. */
  verify(digest: Digest): 'whole' | 'missing' | 'damaged';
}
