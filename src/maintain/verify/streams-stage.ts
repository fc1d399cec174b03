/**
 * Streams that are kept as what was appended: each version has the one that it was appended to, and both together are what its
 * digest says. A digest that goes on from version to version reads every byte once.
 */
import type { StreamVersion } from '../../catalog/folded-streams.ts';
import { digestOnwards, type DigestState } from '../../core/growing-digest.ts';
import { keptBytesIn, type BodySource } from '../../core/grown-bytes.ts';
import type { Seq } from '../../core/events.ts';
import type { Run } from './subject.ts';

const PAGE = 200;

/** The version that was read last, and so the likely base of the next. */
interface Position {
  readonly seq: Seq;
  readonly size: number;
  readonly state: DigestState;
}

export async function checkStreams(run: Run): Promise<void> {
  const source = sourceOf(run);
  /** What rests on one of these is not told again. */
  const broken = new Set<Seq>();
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
    const base = last?.seq === body.base ? last : positionAt(source, body.base);
    if (!base) return `it is kept as what was appended to version ${body.base}, and that is kept nowhere`;
    const appended = source.stored(body, body.part);
    const now = digestOnwards(base.state, [appended]);
    if (base.size + appended.length === size && now.digest === digest) return { seq, size, state: now.state };
    return `it is not what version ${body.base} and what was appended to it make`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const BROKEN = 'it rests on a version that is broken';

function positionAt(source: BodySource, seq: Seq): Position | null {
  const version = source.version(seq);
  const bytes = version ? keptBytesIn(source, version) : null;
  return bytes && { seq, size: bytes.length, state: digestOnwards(null, [bytes]).state };
}
