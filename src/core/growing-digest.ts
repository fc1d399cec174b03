/**
 * The digest of bytes that go on growing. Its state is small, and may be kept, or carried to another thread: what is appended
 * later costs as much as the appended bytes (blake3-wasm, which hashes everything else, cannot give its state away).
 */
import { createBLAKE3 } from 'hash-wasm';
import type { Digest } from './digest.ts';

/** What BLAKE3 has to remember of the bytes so far: some 2 KB, whatever their number. It may hold a few of the last of them. */
export type DigestState = Uint8Array;

export interface DigestSoFar {
  readonly digest: Digest;
  readonly state: DigestState;
}

/** One for the thread: every use of it ends before the next begins. */
const hasher = await createBLAKE3();

/** The digest of what a state stands for (nothing, where it is null) and these pieces behind it. Cost: 2 ms a MiB. */
export function digestOnwards(state: DigestState | null, pieces: Iterable<Uint8Array>): DigestSoFar {
  if (state === null) hasher.init();
  else hasher.load(state);
  for (const piece of pieces) hasher.update(piece);
  const after = hasher.save();
  return { digest: hasher.digest() as Digest, state: after };
}
