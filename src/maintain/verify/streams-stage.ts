/**
 * Streams that are kept as what was appended: each version has the one that it was appended to, and both together are what its
 * digest says. A digest that goes on from version to version reads every byte once.
 */
import type { StreamVersion } from '../../catalog/folded-streams.ts';
import type { BodySource } from '../../core/grown-bytes.ts';
import type { Seq } from '../../core/events.ts';
import { positionAfter, type Position } from '../stream-positions.ts';
import type { Run } from './subject.ts';

const PAGE = 200;

export async function checkStreams(run: Run): Promise<void> {
  const source = sourceOf(run);
  /** What rests on one of these is not told again. */
  const broken = new Set<Seq>();
  /** Behind the version that was read last, and so the likely base of the next. */
  let position: Position | null = null;
  for (let page = run.streams.grown(null, PAGE); page.length > 0;) {
    for (const version of page) {
      const next: Position | string = checkOne(source, version, position, broken);
      if (typeof next !== 'string') position = next;
      else tell(run, broken, version, next);
      await run.breathe();
    }
    page = run.streams.grown(page.at(-1) ?? null, PAGE);
  }
}

const sourceOf = ({ subject, streams }: Run): BodySource => ({
  version: (seq) => streams.get(seq),
  stored: (place, digest) => subject.readStored(place, digest),
  blob: (digest) => subject.blobs.get(digest),
});

function tell({ report }: Run, broken: Set<Seq>, { seq, path, body }: StreamVersion, detail: string): void {
  const isKnown = body.in === 'tail' && broken.has(body.base);
  broken.add(seq);
  if (isKnown) return;
  report({ kind: 'difference', code: 'body', path, expected: `the bytes of version ${seq}`, found: null, detail });
}

/** Where the digest stands behind the version, or what is wrong with it. */
function checkOne(
  source: BodySource,
  { seq, body, size, digest }: StreamVersion,
  last: Position | null,
  broken: ReadonlySet<Seq>,
): Position | string {
  if (body.in !== 'tail') throw new Error('only what was appended is looked at here');
  if (broken.has(body.base)) return BROKEN;
  try {
    return positionAfter(source, { seq, body, size, digest }, last);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const BROKEN = 'it rests on a version that is broken';
