/**
 * Two roots beside each other, by their logs: whether one history is the beginning of the other, and which documents differ.
 * Both are read only, and in bounded memory.
 */
import { openFold, type Fold } from '../../catalog/fold.ts';
import type { FoldedPath } from '../../catalog/fold-rows.ts';
import type { Seq } from '../../core/events.ts';
import { LarderError } from '../../core/errors.ts';
import { readDamaged } from '../../events/read-damaged.ts';
import { surveyLog } from '../../events/survey.ts';
import { nodeFileSystem } from '../../host/node-file-system.ts';
import type { Finding } from './types.ts';

/**
 * `behind`: the other root's history is a beginning of this one's, as a backup's is; `ahead`: it goes on where this one ends;
 * `diverged`: both went on by themselves after seq `common`; `unrelated`: they never were one history.
 */
export type Relation = 'same' | 'behind' | 'ahead' | 'diverged' | 'unrelated';

export interface Comparison {
  readonly other: string;
  readonly relation: Relation;
  readonly log: string | null;
  readonly seq: Seq;
  /** Newest event that both histories share. */
  readonly common: Seq;
  readonly differences: number;
}

interface ReadRoot extends Disposable {
  readonly fold: Fold;
  readonly logId: string | null;
  readonly lastSeq: Seq;
  readonly lastChain: Uint8Array | null;
  /** Newest event whose chain digest the other log has, if there is another. */
  readonly common: Seq;
  /** The very last frame is one of the other log. */
  readonly isBeginning: boolean;
}

export function compareRoots(here: string, there: string, report: (finding: Finding) => void): Comparison {
  using ours = readRoot(here, null);
  using theirs = readRoot(there, ours.fold);
  const relation = relationOf(ours, theirs);
  const differences = compareDocuments(ours, theirs, relation, report);
  return { other: there, relation, log: theirs.logId, seq: theirs.lastSeq, common: theirs.common, differences };
}

function readRoot(root: string, other: Fold | null): ReadRoot {
  const fs = nodeFileSystem;
  const stat = fs.lstat(root);
  if (stat?.kind !== 'directory') throw new LarderError('root_missing', `${root} is not a directory`);
  const directory = `${root}/.larder/log`;
  const survey = surveyLog(fs, directory, `${stat.dev}:${stat.ino}`);
  const fold = openFold();
  const last = { seq: 0, common: 0, chain: null as Uint8Array | null, isShared: false };
  for (const item of readDamaged(fs, directory, survey.segments)) {
    if (item.kind === 'gap' || item.standing === 'given-up') continue;
    if (item.frame.type === 'events') {
      const entries = item.frame.entries.filter(({ seq }) => !survey.aborted.has(seq));
      fold.apply({ ...item.frame, entries });
      last.seq = item.frame.entries.at(-1)?.seq ?? last.seq;
    }
    fold.addChain(item.chain, last.seq);
    last.chain = item.chain;
    last.isShared = other?.hasChain(item.chain) ?? false;
    if (last.isShared) last.common = last.seq;
  }
  return {
    fold,
    logId: survey.logId,
    lastSeq: last.seq,
    lastChain: last.chain,
    common: last.common,
    isBeginning: last.isShared,
    [Symbol.dispose]: () => fold[Symbol.dispose](),
  };
}

function relationOf(ours: ReadRoot, theirs: ReadRoot): Relation {
  if (theirs.common === 0) return 'unrelated';
  const isOurEnd = ours.lastChain !== null && theirs.fold.hasChain(ours.lastChain);
  if (isOurEnd) return theirs.isBeginning ? 'same' : 'ahead';
  return theirs.isBeginning ? 'behind' : 'diverged';
}

const PAGE = 1000;

function compareDocuments(
  ours: ReadRoot,
  theirs: ReadRoot,
  relation: Relation,
  report: (finding: Finding) => void,
): number {
  let differences = 0;
  const tell = (path: string, here: FoldedPath | undefined, there: FoldedPath | undefined, detail: string): void => {
    differences++;
    report({
      kind: 'difference',
      code: 'document',
      path,
      expected: here?.servedDigest ?? null,
      found: there?.servedDigest ?? null,
      detail,
    });
  };
  for (const here of presentIn(ours.fold)) {
    const there = theirs.fold.get(here.path);
    if (here.servedDigest === (there?.servedDigest ?? null)) continue;
    tell(here.path, here, there, there?.servedDigest ? sayNewer(here, there, relation) : 'it is missing there');
  }
  for (const there of presentIn(theirs.fold)) {
    const here = ours.fold.get(there.path);
    if (there.servedDigest !== null && !here?.servedDigest) tell(there.path, here, there, 'it is missing here');
  }
  return differences;
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
