import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CatalogError } from '../../src/catalog/catalog-error.ts';
import { openCatalog } from '../../src/catalog/catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import type { DraftFrame } from '../../src/core/events.ts';
import type { EventLog } from '../../src/events/types.ts';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { Recorder } from '../../src/reconciler/recorder.ts';
import { create, entriesOf, labelOf, logWorld } from '../events/world.ts';

/** A disk whose syncs of data wait at a gate, or fail. */
interface Gate {
  shut: boolean;
  broken: boolean;
  waiting: (() => void)[];
}

interface RecorderWorld extends AsyncDisposable {
  readonly recorder: Recorder;
  readonly log: EventLog;
  readonly gate: Gate;
  /** Labels in the catalog, in the order of their seqs. */
  known(): string[];
  reopenLog(): Promise<EventLog>;
}

async function openWorld(change: (catalog: Catalog) => Catalog = (catalog) => catalog): Promise<RecorderWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'larder-recorder-'));
  const world = logWorld();
  const gate: Gate = { shut: false, broken: false, waiting: [] };
  const log = await world.open({ fs: gated(world.fs, gate) });
  const catalog: Catalog = openCatalog({ directory, logId: log.id, fs: world.fs, clock: world.clock });
  const retryDelay = (): Promise<void> => world.clock.yieldTurn();
  return {
    recorder: new Recorder({ log, catalog: change(catalog), blobs: { has: () => true }, retryDelay }),
    log,
    gate,
    known: () => catalog.events({ kind: 'all' }, 0, 1000).map(({ path }) => labelOf({ path } as never)),
    reopenLog: () => world.open(),
    async [Symbol.asyncDispose]() {
      gate.broken = false;
      open(gate);
      await log.close(false);
      catalog[Symbol.dispose]();
      rmSync(directory, { recursive: true });
    },
  };
}

const broken = (): Error => Object.assign(new Error('EIO: the disk'), { code: 'EIO', syscall: 'fdatasync' });

function gated(simulated: FileSystem, gate: Gate): FileSystem {
  const fs = faultyFileSystem(simulated, []);
  const refuseIfBroken = (): void => {
    if (gate.broken) throw broken();
  };
  return {
    ...fs,
    async fdatasync(fd) {
      if (gate.shut) await new Promise<void>((resolve) => gate.waiting.push(resolve));
      refuseIfBroken();
      await fs.fdatasync(fd);
    },
    async fsync(fd) {
      refuseIfBroken();
      await fs.fsync(fd);
    },
    open(path, mode, permissions) {
      if (mode !== 'read') refuseIfBroken();
      return fs.open(path, mode, permissions);
    },
  };
}

function open(gate: Gate): void {
  gate.shut = false;
  for (const go of gate.waiting.splice(0)) go();
}

const draft = (label: string): Extract<DraftFrame, { type: 'events' }> =>
  create(label) as Extract<DraftFrame, { type: 'events' }>;

const content = (): { text: string; searchText: string } => ({ text: '{}', searchText: '' });

const fails = (): never => {
  throw new Error('the swap failed');
};

const untilWaiting = (gate: Gate): Promise<void> =>
  expect.poll(() => gate.waiting.length, { timeout: 20_000 }).toBeGreaterThan(0);

test('what is behind a frame that is being taken back waits for it, and nothing is lost', async () => {
  await using world = await openWorld();
  const { recorder, gate } = world;
  const placed: string[] = [];
  const place = (label: string) => () => void placed.push(label);
  await recorder.record(draft('first'), { content, place: place('first') });
  const taken = recorder.record(draft('taken'), {
    content,
    place() {
      gate.shut = true;
      fails();
    },
  });
  const behind = ['b', 'c'].map((label) => recorder.record(draft(label), { content, place: place(label) }));
  const refused = taken.catch((error: unknown) => error);
  await untilWaiting(gate);
  expect(placed, 'nothing passes the frame whose abort is being synced').toEqual(['first']);
  expect(recorder.announcedSeq).toBe(1);
  open(gate);
  await Promise.all(behind);
  expect(await refused).toMatchObject({ message: 'the swap failed' });
  expect(placed).toEqual(['first', 'b', 'c']);
  expect(world.known()).toEqual(['first', 'b', 'c']);
  expect(entriesOf(world.log.read(0)).map(labelOf)).toEqual(['first', 'b', 'c']);
});

test('the catalog gets every frame in the order of the seqs, however many are taken back among them', async () => {
  await using world = await openWorld();
  const labels = Array.from({ length: 60 }, (_, index) => `${index % 3 === 1 ? 'bad' : 'good'}${index}`);
  const seqs: number[] = [];
  const outcomes = await Promise.allSettled(
    labels.map((label) =>
      world.recorder.record(draft(label), {
        content,
        place(frame) {
          seqs.push(frame.entries[0]?.seq ?? 0);
          if (label.startsWith('bad')) fails();
        },
      }),
    ),
  );
  expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(labels.map((one) => one.startsWith('good')));
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  expect(world.known()).toEqual(labels.filter((label) => label.startsWith('good')));
});

test('a write whose refusal cannot be recorded is in doubt, with all behind it, until the log takes the abort', async () => {
  await using world = await openWorld();
  const { recorder, gate } = world;
  const taken = recorder.record(draft('taken'), {
    content,
    place() {
      gate.broken = true;
      fails();
    },
  });
  const behind = recorder.record(draft('behind'), { content, place: () => {} });
  const unknown = {
    code: 'log_unwritable',
    members: { outcome: 'unknown' },
    hint: expect.stringContaining('not known yet'),
  };
  await Promise.all([expect(taken).rejects.toMatchObject(unknown), expect(behind).rejects.toMatchObject(unknown)]);
  expect(recorder.isInDoubt('ns/c/taken.json') && recorder.isInDoubt('ns/c/behind.json')).toBe(true);
  await expect(recorder.record(draft('later'), { content })).rejects.toMatchObject({ code: 'log_unwritable' });
  expect(world.known()).toEqual([]);
  gate.broken = false;
  await recorder.record(draft('again'), { content });
  expect(recorder.hasDoubts).toBe(false);
  expect(world.known()).toEqual(['again']);
  await world.log.close(false);
  const reopened = await world.reopenLog();
  expect(entriesOf(reopened.read(0)).map(labelOf), 'a refused write never comes back').toEqual(['again']);
  await reopened.close(false);
});

test('without a later write the abort is recorded all the same', async () => {
  await using world = await openWorld();
  const taken = world.recorder.record(draft('taken'), {
    content,
    place() {
      world.gate.broken = true;
      fails();
    },
  });
  await expect(taken).rejects.toMatchObject({ members: { outcome: 'unknown' } });
  world.gate.broken = false;
  await expect.poll(() => world.recorder.hasDoubts, { timeout: 20_000 }).toBe(false);
  expect(entriesOf(world.log.read(0))).toEqual([]);
});

test('what the catalog gathered and has no room to commit refuses later writes, is applied in order, and only then known', async () => {
  const full = new CatalogError('full', 'no space');
  const commit = Promise.withResolvers<void>();
  const room = Promise.withResolvers<void>();
  let [gathered, tries] = [0, 0];
  await using world = await openWorld((catalog) => ({
    ...catalog,
    get reached() {
      return catalog.reached;
    },
    gather: () => (gathered++ < 2 ? commit.promise : null),
    async apply(frames) {
      if (tries++ === 0) throw full;
      await room.promise;
      await catalog.apply(frames);
    },
  }));
  const { recorder } = world;
  await recorder.record(draft('a'), { content });
  await recorder.record(draft('b'), { content });
  commit.reject(full);
  await expect.poll(() => recorder.trouble, { timeout: 20_000 }).toBe(full);
  await expect(recorder.record(draft('refused'), { content })).rejects.toMatchObject({ code: 'disk_full' });
  expect([recorder.announcedSeq, world.known()]).toEqual([0, []]);
  room.resolve();
  await expect.poll(() => recorder.trouble, { timeout: 20_000 }).toBeNull();
  await recorder.record(draft('c'), { content });
  expect([recorder.announcedSeq, world.known()]).toEqual([3, ['a', 'b', 'c']]);
});
