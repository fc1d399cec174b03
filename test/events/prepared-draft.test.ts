import { expect, test } from 'vitest';
import type { DraftEntry, DraftFrame } from '../../src/core/events.ts';
import { planFrame } from '../../src/events/log-plan.ts';
import type { Plan } from '../../src/events/log-plan.ts';
import { isLarge, prepareDraft } from '../../src/events/prepared-draft.ts';
import { change, entry, logWorld } from './world.ts';

type Events = Extract<DraftFrame, { type: 'events' }>;

const ofEveryKind: readonly DraftEntry[] = [
  entry('small'),
  entry('compressible', 20_000),
  { ...entry('blob'), inBlob: true },
  {
    op: 'update',
    path: 'ns/c/large.json',
    kind: 'valid',
    digest: null,
    size: 1 << 30,
    before: entry('x').digest,
    modifiedMs: 1_795_710_000_123,
    placed: { ino: 2n ** 63n, birthtimeNs: 1n, mtimeNs: -1n },
  },
  { op: 'problem', path: 'ns/c/ü.json', kind: null, digest: null, size: 0, before: null, code: 'name', faults: [] },
  { op: 'delete', path: 'ns/c/gone.json', kind: 'deleted', digest: null, size: 0, before: entry('y').digest },
];

const draftOf = (entries: readonly DraftEntry[]): Events => change(...entries) as Events;

const planAt = (nextSeq: number): Plan => ({
  segment: 1,
  bornMs: 0,
  nextSeq,
  position: { offset: 500, chain: new Uint8Array(32), frames: 3, lastSeq: nextSeq - 1, checkpoint: 0 },
});

const LIMITS = { directory: '/log', segmentBytes: 2 ** 30, segmentAgeMs: 1e9 };

// Where a seq takes one byte more than the one before, inside the frame too.
test.each([1, 20, 253, 65_533, 2 ** 32 - 3])(
  'a frame prepared beforehand is the same to the byte, from seq %i on',
  async (seq) => {
    const draft = draftOf(ofEveryKind);
    const prepared = await prepareDraft(draft, async () => {});
    const situation = { nowMs: 5, logId: 'id' };
    const plain = planFrame(planAt(seq), draft, LIMITS, situation);
    expect(planFrame(planAt(seq), draft, LIMITS, { ...situation, prepared })).toStrictEqual(plain);
  },
);

test('many entries are large, and so are many bytes; a change set of every day is not', () => {
  const many = Array.from({ length: 501 }, (_, at) => entry(`e${at}`));
  expect(isLarge(draftOf(many))).toBe(true);
  expect(isLarge(draftOf(many.slice(0, 200)))).toBe(false);
  expect(isLarge(draftOf([entry('big', 3 * 1024 * 1024)]))).toBe(true);
});

test('a log asks for preparation of large change sets alone, and takes what it gets', async () => {
  await using log = await logWorld().open();
  expect(log.prepare(draftOf([entry('a')]))).toBeNull();
  const draft = draftOf(Array.from({ length: 600 }, (_, at) => entry(`e${at}`)));
  const { frame, synced } = log.append(draft, (await log.prepare(draft)) ?? undefined);
  await synced;
  expect([...log.read(0)]).toStrictEqual([frame]);
});
