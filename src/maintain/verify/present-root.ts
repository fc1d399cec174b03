/** A root as opening it would leave it: its log folded, then what was done to its files since, as if it were recorded already. */
import { openFold, type Fold } from '../../catalog/fold.ts';
import { NOWHERE } from '../../catalog/fold-rows.ts';
import { FoldedCopies } from '../../catalog/folded-copies.ts';
import { FoldedStreams } from '../../catalog/folded-streams.ts';
import type { EventFrame, Seq } from '../../core/events.ts';
import { readDamaged } from '../../events/read-damaged.ts';
import { paceOf } from '../../host/pace.ts';
import { openClosedRoot, type ClosedRoot } from './closed-root.ts';
import { readFiles } from './files-stage.ts';
import type { Run, Suspect } from './subject.ts';
import type { Finding } from './types.ts';
import { suspectsAmongFiles, suspectsAmongPaths } from './suspects.ts';

export interface PresentRoot extends Disposable {
  /** What was only found in files has seqs beyond `lastSeq`. */
  readonly fold: Fold;
  readonly logId: string | null;
  readonly lastSeq: Seq;
  readonly lastChain: Uint8Array | null;
  /** Newest event whose chain digest the other log has, if there is another. */
  readonly common: Seq;
  /** The very last frame is one of the other log. */
  readonly isBeginning: boolean;
  /** Where a recorded version counts although its file is not that: opening writes it, or the file is damaged or cannot be read. */
  readonly unproven: ReadonlyMap<string, Finding>;
}

type LogEnd = Pick<PresentRoot, 'lastSeq' | 'lastChain' | 'common' | 'isBeginning'>;

/** Throws LarderError `root_missing`, `log_damaged`. A daemon may serve it: its catalog is ahead of what is read here. */
export async function readPresent(root: string, other: Fold | null, progress: Run['progress']): Promise<PresentRoot> {
  await using subject = await openClosedRoot(root, { withCatalog: false });
  using streams = new FoldedStreams();
  using opening = new DisposableStack();
  const fold = opening.use(openFold());
  const breathe = paceOf(subject.clock);
  const reading = { fold, streams, copies: new FoldedCopies(), breathe };
  const end = await readLog(subject, reading, other);
  const counts = { files: 0, versions: 0, blobs: 0, withoutBytes: 0 };
  await readFiles({ subject, fold, counts, progress, breathe });
  const unproven = await followFiles(subject, reading, end.lastSeq);
  const open = opening.move();
  return { fold, logId: subject.survey.logId, ...end, unproven, [Symbol.dispose]: () => open.dispose() };
}

type Reading = Pick<Run, 'fold' | 'streams' | 'copies' | 'breathe'>;

async function readLog({ fs, root, survey }: ClosedRoot, reading: Reading, other: Fold | null): Promise<LogEnd> {
  const { fold, streams, copies, breathe } = reading;
  const last = { lastSeq: 0, lastChain: null as Uint8Array | null, common: 0, isBeginning: false };
  for (const item of readDamaged(fs, `${root}/.larder/log`, survey.segments)) {
    if (item.kind === 'gap' || item.standing === 'given-up') continue;
    if (item.frame.type === 'events') {
      const entries = item.frame.entries.filter(({ seq }) => !survey.aborted.has(seq));
      fold.apply({ ...item.frame, entries });
      for (const entry of entries) {
        streams.note(entry);
        copies.note(entry);
      }
      last.lastSeq = item.frame.entries.at(-1)?.seq ?? last.lastSeq;
    }
    fold.addChain(item.chain, last.lastSeq);
    last.lastChain = item.chain;
    last.isBeginning = other?.hasChain(item.chain) ?? false;
    if (last.isBeginning) last.common = last.lastSeq;
    await breathe();
  }
  return last;
}

/** Gives what is to be said of the recorded versions that stay. */
async function followFiles(subject: ClosedRoot, reading: Reading, lastSeq: Seq): Promise<Map<string, Finding>> {
  const { fold, breathe } = reading;
  const unproven = new Map<string, Finding>();
  let seq = lastSeq;
  const follow = (suspects: readonly Suspect[]): void => {
    for (const [index, fate] of subject.fates(suspects, reading).entries()) {
      if (fate === null) continue;
      const { finding, followsFile } = fate;
      const { path } = finding;
      const file = suspects[index]?.file ?? null;
      if (followsFile) fold.apply(asRecorded(path, file, (seq += 1)));
      else unproven.set(path, file?.why ? { ...finding, kind: 'difference' } : finding);
    }
  };
  for await (const suspects of suspectsAmongPaths(subject.bulk, fold, breathe)) follow(suspects);
  for await (const { suspects } of suspectsAmongFiles(subject.bulk, fold)) {
    follow(suspects);
    await breathe();
  }
  return unproven;
}

const UNRECORDED = { atMs: 0, actor: 'hand', cause: 'hand', changeSet: '' } as const;

function asRecorded(path: string, file: Suspect['file'], seq: Seq): EventFrame {
  const digest = file?.digest ?? null;
  const change =
    digest === null ? ({ op: 'delete', kind: 'deleted' } as const) : ({ op: 'update', kind: 'valid' } as const);
  const entry = { seq, path, ...change, digest, size: 0, before: null, body: NOWHERE };
  return { type: 'events', kind: 'change', origin: UNRECORDED, entries: [entry] };
}
