/**
 * Two roots beside each other: whether one history is the beginning of the other, and which documents differ. What a root holds
 * is what opening it would make of it: its log, and on top of that what was done to its files since (present-root.ts), so that a copy
 * whose files are missing is not taken for whole, nor one without a log for empty. Both are read only, and in bounded memory.
 */
import type { Fold } from '../../catalog/fold.ts';
import type { FoldedPath } from '../../catalog/fold-rows.ts';
import type { Seq } from '../../core/events.ts';
import { readPresent, type PresentRoot } from './present-root.ts';
import type { Finding, VerifyProgress } from './types.ts';

/**
 * `behind`: the other root's history is a beginning of this one's, as a backup's is; `ahead`: it goes on where this one ends;
 * `diverged`: both went on by themselves after seq `common`; `unrelated`: they never were one history.
 */
export type Relation = 'same' | 'behind' | 'ahead' | 'diverged' | 'unrelated';

export interface Comparison {
  readonly other: string;
  readonly relation: Relation;
  /** Null: the other root has no log, only files. */
  readonly log: string | null;
  readonly seq: Seq;
  /** Newest event that both histories share. */
  readonly common: Seq;
  readonly differences: number;
}

interface Listener {
  readonly finding: (finding: Finding) => void;
  readonly progress: (progress: VerifyProgress) => void;
}

/** Throws LarderError `root_missing`, `log_damaged`. */
export async function compareRoots(here: string, there: string, listener: Listener): Promise<Comparison> {
  using ours = await readPresent(here, null, listener.progress);
  using theirs = await readPresent(there, ours.fold, listener.progress);
  const relation = relationOf(ours, theirs);
  const differences = compareDocuments({ ours, theirs, relation }, listener.finding);
  return { other: there, relation, log: theirs.logId, seq: theirs.lastSeq, common: theirs.common, differences };
}

function relationOf(ours: PresentRoot, theirs: PresentRoot): Relation {
  if (theirs.common === 0) return 'unrelated';
  const isOurEnd = ours.lastChain !== null && theirs.fold.hasChain(ours.lastChain);
  if (isOurEnd) return theirs.isBeginning ? 'same' : 'ahead';
  return theirs.isBeginning ? 'behind' : 'diverged';
}

interface Roots {
  readonly ours: PresentRoot;
  readonly theirs: PresentRoot;
  readonly relation: Relation;
}

const PAGE = 1000;

function compareDocuments(roots: Roots, report: (finding: Finding) => void): number {
  const { ours, theirs } = roots;
  let differences = 0;
  const compare = (path: string, here: FoldedPath | undefined, there: FoldedPath | undefined): void => {
    const found = isSame(roots, here, there) ? ofItsFile(theirs, path) : differing(sayDifference(roots, here, there));
    if (found === null) return;
    if (found.kind === 'difference') differences++;
    const sides = { expected: here?.servedDigest ?? null, found: there?.servedDigest ?? null };
    report({ ...found, code: 'document', path, ...sides });
  };
  for (const here of presentIn(ours.fold)) compare(here.path, here, theirs.fold.get(here.path));
  for (const there of presentIn(theirs.fold)) {
    const here = ours.fold.get(there.path);
    if (here === undefined || !isPresent(here)) compare(there.path, here, there);
  }
  return differences;
}

type Said = Pick<Finding, 'kind' | 'detail'>;

const differing = (detail: string): Said => ({ kind: 'difference', detail });

/** The history there has the same version, but its file is something else. */
function ofItsFile({ unproven }: PresentRoot, path: string): Said | null {
  const finding = unproven.get(path);
  return finding ? { kind: finding.kind, detail: `the file there is not that version: ${finding.detail}` } : null;
}

/** What was only found in a file has not been judged: then it is compared as it lies there. */
function isSame({ ours, theirs }: Roots, here: FoldedPath | undefined, there: FoldedPath | undefined): boolean {
  const head = isUnrecorded(ours, here) || isUnrecorded(theirs, there) ? 'diskDigest' : 'servedDigest';
  return (here?.[head] ?? null) === (there?.[head] ?? null);
}

const isUnrecorded = ({ lastSeq }: PresentRoot, path: FoldedPath | undefined): boolean =>
  (path?.lastSeq ?? 0) > lastSeq;

function sayDifference(roots: Roots, here: FoldedPath | undefined, there: FoldedPath | undefined): string {
  if (!there?.servedDigest) return 'it is missing there';
  if (!here?.servedDigest) return 'it is missing here';
  const { ours, theirs, relation } = roots;
  if (isUnrecorded(theirs, there)) return 'its file there has other bytes than here, and no history knows them yet';
  if (isUnrecorded(ours, here)) return 'its file here has other bytes than there, and no history knows them yet';
  return sayNewer(here, there, relation);
}

/** Seqs say what is newer only where they count the same history. */
function sayNewer(here: FoldedPath, there: FoldedPath, relation: Relation): string {
  const seqs = `seq ${here.servedSeq ?? 0} here, ${there.servedSeq ?? 0} there`;
  if (relation === 'unrelated' || relation === 'diverged') return `it differs (${seqs}, of different histories)`;
  return (there.servedSeq ?? 0) > (here.servedSeq ?? 0) ? `it is newer there (${seqs})` : `it is older there (${seqs})`;
}

function* presentIn(fold: Fold): Generator<FoldedPath, void, undefined> {
  for (const page of fold.present(PAGE)) yield* page;
}

const isPresent = ({ diskDigest, servedDigest, problems }: FoldedPath): boolean =>
  diskDigest !== null || servedDigest !== null || problems.length > 0;
