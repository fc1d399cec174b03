/**
 * What opening a root would do with files that are not what the log says: redo, or a later edit by hand. Both are pending. What
 * is left is a difference: bytes that changed although nothing wrote the file, and versions that redo needs and nobody has.
 */
import type { CatalogAudit } from '../../catalog/audit.ts';
import type { FoldedPath } from '../../catalog/fold-rows.ts';
import type { FoldedCopies } from '../../catalog/folded-copies.ts';
import { keptBytesIn, type BodySource } from '../../core/grown-bytes.ts';
import { isTornPieceOf } from '../../core/redo.ts';
import { BodyReader } from '../../events/body-reader.ts';
import type { LogSurvey } from '../../events/survey.ts';
import type { FileSystem } from '../../host/ports.ts';
import { readFile } from '../../host/read-file.ts';
import type { Suspect, Told } from './subject.ts';
import type { Finding } from './types.ts';

type SeenFile = NonNullable<Suspect['file']>;

interface Closed {
  readonly fs: FileSystem;
  readonly root: string;
  readonly logDirectory: string;
  readonly survey: LogSurvey;
  readonly audit: CatalogAudit | null;
  readonly blobs: { readonly get: (digest: NonNullable<FoldedPath['diskDigest']>) => Uint8Array | null };
  readonly bodies: BodySource;
  readonly copies: FoldedCopies;
}

export interface Fate {
  readonly finding: Finding;
  /** Opening takes over what lies there (an edit by hand, a deletion); otherwise the recorded version stays. */
  readonly followsFile: boolean;
}

export function afterOpening(
  root: Omit<Closed, 'bodies' | 'copies'>,
  suspects: readonly Suspect[],
  { streams, copies }: Told,
): (Fate | null)[] {
  using bodies = new BodyReader(root.fs, root.logDirectory);
  const source: BodySource = {
    version: (seq) => streams.get(seq),
    stored: (place, digest) => bodies.read(place, digest),
    blob: (digest) => root.blobs.get(digest),
  };
  return suspects.map((suspect) => judge({ ...root, bodies: source, copies }, suspect));
}

/** Null: nothing, because the log has it, although not as this path. */
function judge(closed: Closed, { folded, file }: Suspect): Fate | null {
  if (folded === null || folded.diskDigest === null) return withoutHead(closed, folded, file);
  if (file === null) return absent(closed, folded);
  if (file.why !== null) return stays(pending(folded, file, `it cannot be read: ${file.why}`));
  const recorded = folded.lastSeq > closed.survey.checkpoint ? bytesOf(closed, folded) : undefined;
  if (recorded && isTorn(closed, recorded, file)) return stays(pending(folded, file, REDO));
  if (isRotten(closed, folded, file))
    return stays(wasCopiedHot(closed) ? pending(folded, file, OVERTAKEN) : difference('rotten', folded, file, ROTTEN));
  return follows(pending(folded, file, 'it was edited by hand after the last recorded version'));
}

const stays = (finding: Finding): Fate => ({ finding, followsFile: false });
const follows = (finding: Finding): Fate => ({ finding, followsFile: true });

const REDO = 'its last change had not reached the disk; opening writes the recorded version';
const ROTTEN =
  'the bytes changed although nothing wrote the file: suspect the disk. The recorded version is in the history';

const OVERTAKEN =
  'its bytes are not those of its size and time: it was replaced while it was copied. What a second copy leaves so is rotten';

/** Whoever copies a file may note its time, then read the bytes that have replaced it. */
const wasCopiedHot = ({ survey }: Closed): boolean => survey.isCopied && !survey.isClean;

function withoutHead({ copies }: Closed, folded: FoldedPath | null, file: SeenFile | null): Fate | null {
  const copy = file === null ? undefined : copies.recorded(file.path);
  if (copy === undefined) return follows(newFile(folded, file));
  return copy === file?.digest ? null : stays(pending(folded, file, SAVED_INTO));
}

const SAVED_INTO = 'a conflict copy that was saved into since: its bytes become one more version of its original';

const newFile = (folded: FoldedPath | null, file: SeenFile | null): Finding =>
  pending(folded, file, 'it is new, or was put there by hand since');

function absent(closed: Closed, folded: FoldedPath): Fate {
  if (folded.lastSeq <= closed.survey.checkpoint)
    return follows(pending(folded, null, 'the file is gone; opening looks twice before it counts as deleted'));
  if (bytesOf(closed, folded) !== null) return stays(pending(folded, null, REDO));
  return follows(difference('file', folded, null, 'the file is gone, and the bytes of its version are kept nowhere'));
}

/** Null when they are not kept, or are damaged. */
function bytesOf({ bodies }: Closed, { body, diskDigest }: FoldedPath): Uint8Array | null {
  try {
    return diskDigest === null ? null : keptBytesIn(bodies, { body, digest: diskDigest });
  } catch {
    return null;
  }
}

function isTorn({ fs, root }: Closed, recorded: Uint8Array, { path }: SeenFile): boolean {
  if ((fs.lstat(`${root}/${path}`)?.size ?? Infinity) > recorded.length) return false;
  return isTornPieceOf(readFile(fs, `${root}/${path}`), recorded);
}

/** A copy keeps size and time of last modification; where the root lies as it did, the catalog knows the whole stat. */
function isRotten({ audit }: Closed, { size, placedMtimeNs, path }: FoldedPath, { key }: SeenFile): boolean {
  if (key === null) return false;
  const [sizeNow, mtimeNow] = key.split(' ');
  if (placedMtimeNs !== null && sizeNow === String(size) && mtimeNow === String(placedMtimeNs)) return true;
  return audit?.cleanKey(path) === key;
}

function finding(
  kind: Finding['kind'],
  code: Finding['code'],
  folded: FoldedPath | null,
  file: SeenFile | null,
  detail: string,
): Finding {
  const path = folded?.path ?? file?.path ?? '';
  return { kind, code, path, expected: folded?.diskDigest ?? null, found: file?.digest ?? file?.why ?? null, detail };
}

const pending = (folded: FoldedPath | null, file: SeenFile | null, detail: string): Finding =>
  finding('pending', 'file', folded, file, detail);

const difference = (code: Finding['code'], folded: FoldedPath, file: SeenFile | null, detail: string): Finding =>
  finding('difference', code, folded, file, detail);
