/** The log: its chain, the stored bytes of its versions, and what it says of every path. */
import type { EventFrame, LoggedEntry, Seq } from '../../core/events.ts';
import { readStored } from '../../events/read-damaged.ts';
import type { Gap, ReadableFrame } from '../../events/read-damaged.ts';
import { otherBytes, StoredBodies } from './bodies.ts';
import type { Run } from './subject.ts';

export async function readLog(run: Run): Promise<void> {
  const { fs, survey, upTo } = run.subject;
  const reader = { versions: 0, events: openEventComparison(run) };
  const bodies = new StoredBodies(run);
  for (const item of readStored(fs, survey.segments)) {
    if (item.kind === 'stored') await bodies.add(item);
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
    events.compare(some);
    for (const entry of some.entries) {
      run.streams.note(entry);
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

interface EventComparison {
  readonly compare: (frame: EventFrame) => void;
  readonly finish: () => void;
}

const NOTHING: EventComparison = { compare: () => {}, finish: () => {} };

/** The events that the catalog holds beside those of the log, both in the order of their seqs. */
function openEventComparison({ subject: { audit, upTo }, report }: Run): EventComparison {
  if (!audit) return NOTHING;
  const limit = Math.min(upTo, audit.reached);
  let last = 0;
  const stray = (from: Seq, to: Seq, path: string, detail: string): void =>
    report({ kind: 'difference', code: 'catalog', path, expected: null, found: `events ${from} to ${to}`, detail });
  const extra = (before: Seq): void => {
    for (const { seq, path } of audit.entries(last, 1000)) {
      if (seq >= before) return;
      stray(seq, seq, path, 'the catalog holds an event that the log does not have');
    }
  };
  const compare = ({ entries }: EventFrame): void => {
    const due = entries.filter(({ seq }) => seq <= limit);
    const [first, end] = [due[0]?.seq, due.at(-1)?.seq];
    if (first === undefined || end === undefined) return;
    if (first > last + 1) extra(first);
    const stored = audit.entries(first - 1, due.length);
    due.forEach((entry, index) => {
      const found = stored[index];
      if (found && isSame(entry, found)) return;
      report({
        kind: 'difference',
        code: 'catalog',
        path: entry.path,
        expected: describe(entry),
        found: found === undefined ? null : describe(found),
        detail: `event ${entry.seq}: the catalog's row is not what the log says; larder rebuild makes it anew`,
      });
    });
    last = end;
  };
  return { compare, finish: () => extra(limit + 1) };
}

type Compared = Pick<LoggedEntry, 'seq' | 'op' | 'kind' | 'path' | 'digest' | 'size' | 'body'>;

const isSame = (a: Compared, b: Compared): boolean =>
  a.seq === b.seq &&
  a.op === b.op &&
  a.kind === b.kind &&
  a.path === b.path &&
  a.digest === b.digest &&
  a.size === b.size &&
  isSamePlace(a.body, b.body);

function isSamePlace(a: LoggedEntry['body'], b: LoggedEntry['body']): boolean {
  if (a.in !== b.in) return false;
  if (!('segment' in a) || !('segment' in b)) return true;
  if (a.in === 'tail' && b.in === 'tail' && (a.base !== b.base || a.part !== b.part)) return false;
  return a.segment === b.segment && a.offset === b.offset && a.length === b.length && a.encoding === b.encoding;
}

const describe = ({ seq, op, path, digest, body }: Compared): string =>
  `${op} ${path} (seq ${seq}, ${digest ?? 'no bytes'}, kept ${
    'segment' in body ? `in ${body.segment} at ${body.offset}` : body.in === 'blob' ? 'as a blob' : 'nowhere'
  })`;
