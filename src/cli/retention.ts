/** `larder prune` and `larder forget`. */
import { LarderError } from '../core/errors.ts';
import type { ForgetReport, PruneReport } from '../maintain/prune/types.ts';
import type { Access } from './access.ts';
import { sayBytes } from './bytes.ts';
import { askFirst, type SureFlags } from './ask-first.ts';
import type { Io } from './io.ts';
import { parseFile } from './targets.ts';

export async function pruneHistory(access: Access, flags: SureFlags, io: Io): Promise<number> {
  await askFirst(
    {
      run: (isPreview) => access.prune(isPreview),
      describe: describePrune,
      isEmpty: ({ versions, blobs }) => versions === 0 && blobs === 0,
    },
    flags,
    io,
  );
  return 0;
}

const count = (value: number, one: string, many = `${one}s`): string =>
  `${value.toLocaleString('en')} ${value === 1 ? one : many}`;

const KEPT = 'every version is kept, unless history.keep or x-larder.history.keep says otherwise';

function describePrune({
  versions,
  paths,
  segments,
  waiting,
  freed_bytes: freed,
  blobs,
  damaged,
  dry_run: dryRun,
}: PruneReport): string {
  const would = dryRun ? 'would lose' : 'lost';
  if (versions === 0 && waiting === 0 && blobs === 0) return `nothing to prune: ${KEPT}\n`;
  if (versions === 0 && blobs === 0)
    return `nothing to prune yet: ${count(waiting, 'version')} ${waiting === 1 ? 'lies' : 'lie'} in the segment that still grows\n`;
  const later = waiting === 0 ? '' : `; ${count(waiting, 'version')} more in the segment that still grows`;
  const alsoBlobs =
    blobs === 0 ? '' : `, ${count(blobs, 'blob')} that no version needs ${dryRun ? 'would go' : 'removed'}`;
  return `${count(versions, 'version')} of ${count(paths, 'path')} ${would} their bytes in ${count(segments, 'segment')}: ${sayBytes(freed)}${alsoBlobs}${later}\n${damaged.map(sayDamaged).join('')}`;
}

const sayDamaged = ({ seq, path, segment, offset }: PruneReport['damaged'][number]): string =>
  `the bytes of version ${seq} of ${path} are damaged, and stay as they are: ${segment}, byte ${offset}\n`;

export interface ForgetFlags extends SureFlags {
  readonly seq?: string;
}

export async function forgetVersions(
  access: Access,
  root: string | null,
  text: string,
  flags: ForgetFlags,
  io: Io,
): Promise<number> {
  const seq = flags.seq === undefined ? null : Number(flags.seq);
  if (seq !== null && (!Number.isSafeInteger(seq) || seq < 1))
    throw new LarderError('bad_usage', `--seq must be the number of a version, not ${JSON.stringify(flags.seq)}`);
  const path = parseFile(text, root, io);
  await askFirst(
    {
      run: (isPreview, shown: ForgetReport | null) =>
        access.forget(path, seq, { isPreview, ...(shown && { only: shown.forgotten }) }),
      describe: (report) => describeForget(path, report),
      // What has nothing to forget is refused.
      isEmpty: () => false,
    },
    flags,
    io,
  );
  return 0;
}

const NO_WAY_BACK = 'no undo brings them back; what the file holds now is kept';
const REMNANTS =
  'free pages of the catalog, and copies made before, may hold it still: larder rebuild makes the catalog anew, and leaves the old one beside it (.larder/derived/damaged-*) to be removed\n';

function describeForget(
  path: string,
  { forgotten, freed_bytes: freed, elsewhere, left, dry_run: dryRun }: ForgetReport,
): string {
  const others = elsewhere.map(({ path: other, seq }) => `the same bytes are kept in version ${seq} of ${other}\n`);
  const what = `${count(forgotten.length, 'version')} of ${path} (${forgotten.join(', ')}), ${sayBytes(freed)}`;
  if (dryRun) return `would forget ${what}: ${NO_WAY_BACK}\n${others.join('')}${left.map(sayLeft).join('')}`;
  return `forgot ${what}; what the file holds now is kept\n${others.join('')}${left.map(sayLeft).join('')}${REMNANTS}`;
}

const sayLeft = ({ file, open }: ForgetReport['left'][number]): string =>
  open
    ? `${file} holds the bytes still: a program has it open for writing, and it goes once that program closes it\n`
    : `${file} holds the bytes still: it goes once what works on it is done; look again in a minute\n`;
