/** Disk heads beside files: everything that differs is looked at again, as opening or the daemon would. */
import type { FoundFile } from '../../catalog/fold.ts';
import type { HashedFile } from '../../files/hash-batch.ts';
import type { Run, Suspect } from './subject.ts';

const PAGE = 1000;
/** Suspects that are looked at together. */
const BATCH = 200;

export async function compareFiles(run: Run): Promise<void> {
  const { fold, progress } = run;
  const total = fold.count();
  let suspects: Suspect[] = [];
  let done = 0;
  for (let after: string | null = ''; after !== null;) {
    const page = fold.mismatches(after, PAGE);
    suspects.push(...page.items.filter(isSuspect));
    if (suspects.length >= BATCH) suspects = await lookAgain(run, suspects);
    after = page.after;
    done += PAGE;
    progress({ stage: 'comparing', done: Math.min(done, total), total });
    await run.breathe();
  }
  await lookAgain(run, suspects);
  await compareUnknown(run);
}

/** What is not served at all (a bad name, a FIFO) has no disk head; its problem is compared elsewhere. */
const isSuspect = ({ folded, file }: Suspect): boolean =>
  !(file !== null && file.why !== null && folded?.diskDigest === null);

async function lookAgain({ subject, streams, report }: Run, suspects: readonly Suspect[]): Promise<Suspect[]> {
  const standing = await withCare(subject, suspects);
  if (standing.length > 0) for (const finding of await subject.lookAgain(standing, streams)) report(finding);
  return [];
}

/** A file that was being written while it was hashed has another digest now. */
async function withCare({ bulk }: Run['subject'], suspects: readonly Suspect[]): Promise<Suspect[]> {
  const due = suspects.filter(({ file }) => file !== null && file.digest !== null);
  const hashed = await bulk.digests(due.map(({ file }) => file?.path ?? ''));
  const fileOf = new Map(due.map(({ file }, index) => [file, fileAs(file, hashed[index])]));
  return suspects
    .map((one) => ({ folded: one.folded, file: fileOf.get(one.file) ?? one.file }))
    .filter(({ folded, file }) => folded === null || file === null || folded.diskDigest !== file.digest);
}

const fileAs = (file: FoundFile | null, now: HashedFile | undefined): FoundFile | null =>
  file && now?.digest ? { ...file, digest: now.digest, key: now.key ?? file.key } : file;

async function compareUnknown(run: Run): Promise<void> {
  let files = run.fold.unknownFiles('', PAGE);
  while (files.length > 0) {
    const served = files.filter(({ why }) => why === null);
    for (let start = 0; start < served.length; start += BATCH)
      await lookAgain(run, served.slice(start, start + BATCH).map(unknown));
    for (const file of files) if (file.why !== null) reportUnlisted(run, file);
    await run.breathe();
    files = run.fold.unknownFiles(files.at(-1)?.path ?? '', PAGE);
  }
}

const unknown = (file: FoundFile): Suspect => ({ folded: null, file });

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
