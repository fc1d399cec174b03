/** Rescue reads what was appended to a stream once for each version, however many versions it has. */
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import type { BodyPlace, LoggedEntry } from '../../src/core/events.ts';
import { VersionReader } from '../../src/maintain/rescue/version-reader.ts';

const PATH = 'lod/things/s.jsonl';
const LINKS = 300;
const link = (n: number): Buffer => Buffer.from(`line ${n}\n`);

interface GrownLog extends Disposable {
  readonly entries: readonly LoggedEntry[];
  readonly texts: readonly string[];
  readonly reader: VersionReader;
  reads(): number;
  /** What was appended with this version is lost. */
  lose(seq: number): void;
}

/** Each part lies at the offset that is the seq of its version. */
function grownLog(): GrownLog {
  const parts = Array.from({ length: LINKS + 1 }, (_, n) => link(n));
  const texts = parts.map((_, n) => Buffer.concat(parts.slice(0, n + 1)).toString());
  const entries = parts.map((part, n): LoggedEntry => {
    const place = { segment: 1, offset: n + 1, length: part.length, encoding: 'raw' } as const;
    const body: BodyPlace = n === 0 ? { in: 'log', ...place } : { in: 'tail', base: n, part: digestOf(part), ...place };
    const [text = ''] = texts.slice(n);
    const digest = digestOf(Buffer.from(text));
    return { seq: n + 1, op: 'update', path: PATH, kind: 'valid', digest, size: text.length, before: null, body };
  });
  let reads = 0;
  const lost = new Set<number>();
  const reader = new VersionReader({
    stored({ offset }) {
      reads++;
      const part = parts[offset - 1];
      if (!part || lost.has(offset)) throw new Error(`nothing lies at ${offset}`);
      return part;
    },
    blob: () => null,
  });
  return {
    entries,
    texts,
    reader,
    reads: () => reads,
    lose: (seq) => lost.add(seq),
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}

test('checking all versions of a stream reads each part once, and the whole version once more', () => {
  using log = grownLog();
  for (const entry of log.entries) {
    log.reader.note(entry);
    expect(log.reader.isReadable(entry)).toBe(true);
  }
  expect(log.reads()).toBe(LINKS + 2);
});

test('reading all of them reads each part once', () => {
  using log = grownLog();
  const read = log.entries.map((entry) => {
    log.reader.note(entry);
    return Buffer.from(log.reader.read(entry) ?? '').toString();
  });
  expect(read).toEqual(log.texts);
  expect(log.reads()).toBe(LINKS + 1);
});

test('a version that was not read before is read through all that it grew from', () => {
  using log = grownLog();
  for (const entry of log.entries) log.reader.note(entry);
  const [last] = log.entries.slice(-1);
  expect(last && Buffer.from(log.reader.read(last) ?? '').toString()).toBe(log.texts.at(-1));
  expect(last && log.reader.isReadable(last)).toBe(true);
});

test('a version that does not have the size or the digest that it should is not readable', () => {
  using log = grownLog();
  const [first, second] = log.entries;
  if (!first || !second) throw new Error('there are more');
  log.reader.note(first);
  expect(log.reader.isReadable({ ...second, size: second.size + 1 })).toBe(false);
  expect(log.reader.read(first)).not.toBeNull();
  expect(log.reader.read({ ...second, digest: digestOf(Buffer.from('other')) })).toBeNull();
  expect(log.reader.isReadable(second)).toBe(true);
});

test('behind a part that is lost nothing is readable, and nothing is read', () => {
  using log = grownLog();
  log.lose(100);
  const readable = log.entries.filter((entry) => {
    log.reader.note(entry);
    return log.reader.isReadable(entry);
  });
  expect(readable.map(({ seq }) => seq)).toEqual(Array.from({ length: 99 }, (_, index) => index + 1));
  // The whole one twice, and the lost one.
  expect(log.reads()).toBe(101);
});
