/** The log: its chain, the stored bytes of its versions, and what it says of every path. */
import type { EventFrame, LoggedEntry, Seq } from '../../core/events.ts';
import { readStored } from '../../events/read-damaged.ts';
import type { Gap, ReadableFrame } from '../../events/read-damaged.ts';
import { otherBytes, StoredBodies } from './bodies.ts';
import { openEventComparison, type EventComparison } from './event-comparison.ts';
import type { Run } from './subject.ts';

export async function readLog(run: Run): Promise<void> {
  const { fs, survey, upTo } = run.subject;
  const reader = { versions: 0, events: openEventComparison(run) };
  const bodies = new StoredBodies(run);
  for (const item of readStored(fs, survey.segments)) {
    if (item.kind === 'stored') await bodies.add(item.bodies);
    else if (item.kind === 'gap') reportGap(run, item);
    else if (item.kind === 'frame') await takeFrame(run, item, upTo, reader.events);
    else if (!item.isWhole) run.report(otherBytes(item));
    await run.breathe();
  }
  await bodies.finish();
  reader.events.finish();
  if (survey.torn) reportTorn(run);
  run.progress({ stage: 'log', done: run.counts.versions, total: run.counts.versions });
}

/** Entries of a change set that are taken over before it is asked whether the turn is over. */
const AT_ONCE = 500;

async function takeFrame(
  run: Run,
  { frame, standing }: ReadableFrame,
  upTo: Seq,
  events: EventComparison,
): Promise<void> {
  if (frame.type !== 'events' || standing === 'given-up') return;
  const { aborted } = run.subject.survey;
  const entries = frame.entries.filter(({ seq }) => seq <= upTo && !aborted.has(seq));
  if (entries.length === 0) return;
  for (let start = 0; start < entries.length; start += AT_ONCE) {
    await run.breathe();
    const some: EventFrame = { ...frame, entries: entries.slice(start, start + AT_ONCE) };
    run.fold.apply(some);
    events.compare(some.entries);
    for (const entry of some.entries) {
      run.streams.note(entry);
      run.copies.note(entry);
      count(run, entry);
    }
  }
  run.progress({ stage: 'log', done: run.counts.versions, total: null });
}

function count({ counts }: Run, { digest, body, kind }: LoggedEntry): void {
  if (kind === null || digest === null) return;
  counts.versions++;
  if (body.in === 'nowhere') counts.withoutBytes++;
}

function reportGap({ report }: Run, { path, from, to, reason }: Gap): void {
  report({
    kind: 'difference',
    code: 'log',
    path,
    expected: 'a frame of the chain',
    found: reason,
    detail: `bytes ${from} to ${to} of the event log cannot be read; larder rescue DIR writes what still can`,
  });
}

function reportTorn({ report, subject: { survey } }: Run): void {
  if (!survey.torn) return;
  const { path, offset, reason } = survey.torn;
  report({
    kind: 'pending',
    code: 'log',
    path,
    expected: 'the end of a frame',
    found: reason,
    detail: `the tail was torn at byte ${offset}, as a crash or a copy made meanwhile leaves it; opening cuts it off`,
  });
}
