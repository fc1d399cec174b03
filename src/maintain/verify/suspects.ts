/** Where disk heads and files differ: what changed while it was hashed is hashed again before it is suspected. */
import type { Fold, FoundFile, Mismatch } from '../../catalog/fold.ts';
import type { BulkReader } from '../../files/bulk.ts';
import type { HashedFile } from '../../files/hash-batch.ts';
import type { Suspect } from './subject.ts';

/** Paths that are compared at a time. */
export const PAGE = 1000;
/** Suspects that are looked at together. */
const BATCH = 200;

/** Of the paths that the log knows. */
export async function* suspectsAmongPaths(
  bulk: BulkReader,
  fold: Fold,
  onPage: () => Promise<void>,
): AsyncGenerator<Suspect[], void> {
  const suspects: Mismatch[] = [];
  for (const mismatches of fold.mismatches(PAGE)) {
    suspects.push(...mismatches.filter(isSuspect));
    if (suspects.length >= BATCH) yield* standing(bulk, suspects.splice(0));
    await onPage();
  }
  yield* standing(bulk, suspects);
}

/** Of the files that the log does not know; `unservable`: those that nothing could serve, whatever is in them. */
export async function* suspectsAmongFiles(
  bulk: BulkReader,
  fold: Fold,
): AsyncGenerator<{ suspects: Suspect[]; unservable: FoundFile[] }, void> {
  for (const files of fold.unknownFiles(PAGE)) {
    const servable = files.filter(({ why }) => why === null).map((file): Mismatch => ({ folded: null, file }));
    for await (const suspects of standing(bulk, servable)) yield { suspects, unservable: [] };
    yield { suspects: [], unservable: files.filter(({ why }) => why !== null) };
  }
}

/** What is not served at all (a bad name, one that is taken, a FIFO) has no disk head; its problem is compared elsewhere. */
const isSuspect = ({ folded, file }: Mismatch): boolean =>
  !(file !== null && folded?.diskDigest === null && (file.why !== null || folded.problems.includes('name')));

/** A file that was being written while it was hashed has another digest now. */
async function* standing(bulk: BulkReader, mismatches: readonly Mismatch[]): AsyncGenerator<Suspect[], void> {
  for (let start = 0; start < mismatches.length; start += BATCH) {
    const suspects = await withCare(bulk, mismatches.slice(start, start + BATCH));
    if (suspects.length > 0) yield suspects;
  }
}

async function withCare(bulk: BulkReader, mismatches: readonly Mismatch[]): Promise<Suspect[]> {
  const due = mismatches.filter(({ file }) => file !== null && file.digest !== null);
  const hashed = await bulk.digests(due.map(({ file }) => file?.path ?? ''));
  const fileOf = new Map(due.map(({ file }, index) => [file, fileAs(file, hashed[index])]));
  return mismatches
    .map(({ folded, file }) => ({ folded, file: fileOf.get(file) ?? (file && { ...file, key: null }) }))
    .filter(({ folded, file }) => folded === null || file === null || folded.diskDigest !== file.digest);
}

const fileAs = (file: FoundFile | null, now: HashedFile | undefined): Suspect['file'] =>
  file && { ...file, digest: now?.digest ?? file.digest, key: now?.digest ? now.key : null };
