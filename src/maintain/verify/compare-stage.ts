/** Disk heads beside files: everything that differs is looked at again, as opening or the daemon would. */
import type { FoundFile, Mismatch } from '../../catalog/fold.ts';
import type { HashedFile } from '../../files/hash-batch.ts';
import type { Run, Suspect } from './subject.ts';

const PAGE = 1000;
/** Suspects that are looked at together. */
const BATCH = 200;

export async function compareFiles(run: Run): Promise<void> {
  const { fold, progress } = run;
  const total = fold.count();
  let suspects: Mismatch[] = [];
  let done = 0;
  for (const mismatches of fold.mismatches(PAGE)) {
    suspects.push(...mismatches.filter(isSuspect));
    if (suspects.length >= BATCH) suspects = await lookAgain(run, suspects);
    done += PAGE;
    progress({ stage: 'comparing', done: Math.min(done, total), total });
    await run.breathe();
  }
  await lookAgain(run, suspects);
  await compareUnknown(run);
}

/** What is not served at all (a bad name, a FIFO) has no disk head; its problem is compared elsewhere. */
const isSuspect = ({ folded, file }: Mismatch): boolean =>
  !(file !== null && file.why !== null && folded?.diskDigest === null);

async function lookAgain({ subject, streams, report }: Run, suspects: readonly Mismatch[]): Promise<Mismatch[]> {
  const standing = await withCare(subject, suspects);
  if (standing.length > 0) for (const finding of await subject.lookAgain(standing, streams)) report(finding);
  return [];
}

/** A file that was being written while it was hashed has another digest now. */
async function withCare({ bulk }: Run['subject'], suspects: readonly Mismatch[]): Promise<Suspect[]> {
  const due = suspects.filter(({ file }) => file !== null && file.digest !== null);
  const hashed = await bulk.digests(due.map(({ file }) => file?.path ?? ''));
  const fileOf = new Map(due.map(({ file }, index) => [file, fileAs(file, hashed[index])]));
  return suspects
    .map(({ folded, file }) => ({ folded, file: fileOf.get(file) ?? (file && { ...file, key: null }) }))
    .filter(({ folded, file }) => folded === null || file === null || folded.diskDigest !== file.digest);
}

const fileAs = (file: FoundFile | null, now: HashedFile | undefined): Suspect['file'] =>
  file && { ...file, digest: now?.digest ?? file.digest, key: now?.digest ? now.key : null };

async function compareUnknown(run: Run): Promise<void> {
  for (const files of run.fold.unknownFiles(PAGE)) {
    const served = files.filter(({ why }) => why === null);
    for (let start = 0; start < served.length; start += BATCH)
      await lookAgain(run, served.slice(start, start + BATCH).map(unknown));
    for (const file of files) if (file.why !== null) reportUnlisted(run, file);
    await run.breathe();
  }
}

const unknown = (file: FoundFile): Mismatch => ({ folded: null, file });

function reportUnlisted({ subject, report }: Run, { path, why }: FoundFile): void {
  report({
    kind: subject.audit === null || !subject.isLive ? 'pending' : 'difference',
    code: 'problem',
    path,
    expected: 'a problem that is listed',
    found: 'none',
    detail: why ?? 'it cannot be served',
  });
}
