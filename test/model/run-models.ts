/** Random runs of commands against Larder and the Map, and what must be true at the end of each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { commands, type Model } from './commands.ts';
import { decode, KeptWorld, ref } from './kept-world.ts';
import { realPlace, simulatedPlace, type Place } from './places.ts';
import type { Sabotage } from '../simulator/process.ts';

export interface ModelOptions {
  readonly runs: number;
  readonly steps: number;
  readonly seed: number;
  readonly on: 'simulated files' | 'real files';
  /** Takes one safeguard out: some run must fail then. */
  readonly sabotage?: Sabotage;
}

/** Rejects with the seed, the path to the smallest failing run, and its commands. */
export async function runModels({ runs, steps, seed, on, sabotage = {} }: ModelOptions): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'larder-model-'));
  let count = 0;
  const place = (): Place => (on === 'real files' ? realPlace() : simulatedPlace((count += 1), root));
  try {
    await fc.assert(
      fc.asyncProperty(commands(steps), (plan) => runOne(place(), sabotage, plan)),
      { numRuns: runs, seed, endOnFailure: runs > 1000 },
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function runOne(
  made: Place,
  sabotage: Sabotage,
  plan: Parameters<typeof fc.asyncModelRun<Model, KeptWorld, false, Model>>[1],
): Promise<void> {
  using place = made;
  const world = await KeptWorld.open(place, sabotage);
  const model: Model = { texts: new Map(), history: new Map() };
  try {
    await fc.asyncModelRun(() => ({ model, real: world }), plan);
    await checkAll(model, world);
  } finally {
    await world.close();
  }
}

async function checkAll(model: Model, world: KeptWorld): Promise<void> {
  await world.pass(3000);
  await world.rescan();
  world.follow();
  expect(world.ids().toSorted()).toEqual([...model.texts.keys()].toSorted());
  for (const [id, text] of model.texts) expect(world.textOf(id)).toBe(text);
  checkList(model, world);
  checkFeed(model, world);
  for (const [id, texts] of model.history) await checkHistory(world, id, texts);
  expect(await world.verified(), 'a verification finds nothing').toEqual([]);
}

function checkList(model: Model, world: KeptWorld): void {
  const page = world.larder.list('ns/c', { limit: 100, prefix: null, cursor: null });
  const listed = new Map(page?.items.map(({ id, text }) => [id, text]));
  expect(listed).toEqual(model.texts);
}

/** Whoever only followed the feed knows which documents there are, and with which bytes. */
function checkFeed(model: Model, world: KeptWorld): void {
  const seqs = world.told.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
  const digests = new Map<string, string | null>();
  for (const { op, id, from, digest } of world.told) {
    if (from !== undefined) digests.delete(from.slice('ns/c/'.length));
    if (op === 'delete') digests.delete(id);
    else if (op === 'create' || op === 'update' || op === 'move') digests.set(id, digest);
  }
  const expected = new Map([...model.texts.keys()].map((id) => [id, world.digestOf(id)]));
  expect(digests).toEqual(expected);
}

/** Every text that a document ever had can be had again. */
async function checkHistory(world: KeptWorld, id: string, texts: readonly string[]): Promise<void> {
  const items = world.larder.history(ref(id), { before: null, limit: 1000 })?.items ?? [];
  const kept = new Set<string>();
  for (const { seq, digest } of items) {
    if (digest === null) continue;
    const version = await world.drive(world.larder.readVersion(ref(id), seq));
    if (version.kind === 'served') kept.add(decode(version.bytes));
  }
  for (const text of texts) expect(kept, `the history of ${id}`).toContain(text);
}
