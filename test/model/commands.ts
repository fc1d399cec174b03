/** What people and programs do, as commands of fast-check: each acts on Larder and on a Map, and compares what it touched. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import type { Written } from '../../src/core/requests.ts';
import { decode, encode, ref, type KeptWorld } from './kept-world.ts';

/** All that should be true: the text of each document, and every text that one ever had, in order. */
export interface Model {
  readonly texts: Map<string, string>;
  readonly history: Map<string, string[]>;
}

type Command = fc.AsyncCommand<Model, KeptWorld>;

/** Longer than an absence or a broken file is suspect. */
const SURELY_MS = 2600;

type Run = (model: Model, world: KeptWorld) => Promise<void>;

const step = (name: string, run: Run, mayRun: (model: Readonly<Model>) => boolean = () => true): Command => ({
  check: mayRun,
  run,
  toString: () => name,
});

/** The document has this text from now on, and is served with it. */
async function becomes(model: Model, world: KeptWorld, id: string, text: string): Promise<void> {
  if (model.texts.get(id) !== text) model.history.set(id, [...(model.history.get(id) ?? []), text]);
  model.texts.set(id, text);
  await isServed(model, world, id);
}

async function isServed(model: Model, world: KeptWorld, id: string): Promise<void> {
  const answer = await world.read(id);
  const text = model.texts.get(id);
  if (text === undefined) return void expect(answer.kind, `${id} is gone`).toBe('missing');
  expect(answer, `${id} is served`).toMatchObject({ kind: 'served', mark: null });
  if (answer.kind !== 'served') return;
  expect(decode(answer.bytes)).toBe(text);
  expect(answer.etag).toBe(world.digestOf(id));
  expect(world.textOf(id), `${id} is on disk`).toBe(text);
}

/** What was answered is what lies there, and means what was asked for. */
async function wrote(model: Model, world: KeptWorld, id: string, written: Written, meaning: unknown): Promise<void> {
  const text = decode(written.bytes ?? new Uint8Array());
  expect(JSON.parse(text)).toEqual(meaning);
  await becomes(model, world, id, text);
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof LarderError ? error.code : String(error)),
  );

const put = (id: string, value: object): Command =>
  step(`put ${id} ${JSON.stringify(value)}`, async (model, world) => {
    const isNew = !model.texts.has(id);
    const written = await world.write(id, { op: 'put', body: encode(JSON.stringify(value)) });
    if (isNew) expect(written.outcome).toBe('created');
    await wrote(model, world, id, written, value);
  });

const patch = (id: string, member: string, value: number): Command =>
  step(`patch ${id} ${member}: ${value}`, async (model, world) => {
    const body = encode(JSON.stringify({ [member]: value }));
    const before = model.texts.get(id);
    const work = world.write(id, { op: 'merge-patch', body });
    if (before === undefined) return void expect(await codeOf(work)).toBe('not_found');
    await wrote(model, world, id, await work, { ...(JSON.parse(before) as object), [member]: value });
  });

const remove = (id: string): Command =>
  step(`delete ${id}`, async (model, world) => {
    const expected = model.texts.has(id) ? 'done' : 'not_found';
    expect(await codeOf(world.write(id, { op: 'delete' }))).toBe(expected);
    model.texts.delete(id);
    await isServed(model, world, id);
  });

/** All or none: with a patch of nothing in it, a set changes nothing. */
const putSet = (set: readonly string[], value: object, isSound: boolean): Command =>
  step(`${isSound ? 'set' : 'unsound set'} ${set.join()} ${JSON.stringify(value)}`, async (model, world) => {
    const body = encode(JSON.stringify(value));
    const changes = set.map((id) => ({ id, change: { op: 'put' as const, body } }));
    const unsound = { id: 'never/there', change: { op: 'merge-patch' as const, body } };
    const work = world.writeSet(isSound ? changes : [...changes, unsound]);
    if (!isSound) expect(await codeOf(work)).toBe('not_found');
    const written = isSound ? await work : [];
    for (const one of written) await wrote(model, world, one.ref.id, one, value);
    for (const id of set) await isServed(model, world, id);
  });

const save = (id: string, text: string, how: 'in place' | 'by rename'): Command =>
  step(`save ${id} ${how}: ${text}`, async (model, world) => {
    if (how === 'in place') world.saveInPlace(id, text);
    else world.saveByRename(id, text);
    await becomes(model, world, id, text);
  });

/** An older text, with the times it had then. */
const restore = (id: string, version: number): Command =>
  step(
    `restore ${id} to ${version}`,
    async (model, world) => {
      const versions = model.history.get(id) ?? [];
      const text = versions[version % versions.length] ?? '';
      world.saveByRename(id, text);
      world.makeOld(id);
      await becomes(model, world, id, text);
    },
    ({ history }) => history.has(id),
  );

const removeByHand = (id: string): Command =>
  step(
    `remove ${id}`,
    async (model, world) => {
      world.remove(id);
      const answer = await world.read(id);
      expect(answer, 'one look is no deletion').toMatchObject({ kind: 'served', mark: { code: 'absent' } });
      await world.pass(SURELY_MS);
      model.texts.delete(id);
      await isServed(model, world, id);
    },
    ({ texts }) => texts.has(id),
  );

const rename = (from: string, to: string): Command =>
  step(
    `rename ${from} to ${to}`,
    async (model, world) => {
      const text = model.texts.get(from) ?? '';
      world.rename(from, to);
      await world.rescan();
      model.texts.delete(from);
      await becomes(model, world, to, text);
      await isServed(model, world, from);
      const [newest] = world.larder.history(ref(to), { before: null, limit: 1 })?.items ?? [];
      expect(newest?.op).toBe('move');
    },
    ({ texts }) => texts.has(from) && !texts.has(to) && from !== to,
  );

const breakAndMend = (id: string, text: string, waits: boolean): Command =>
  step(
    `break ${id}${waits ? ' for long' : ''}, mend: ${text}`,
    async (model, world) => {
      world.saveInPlace(id, text.slice(0, -2));
      if (waits) await world.read(id);
      if (waits) await world.pass(SURELY_MS);
      const answer = await world.read(id);
      // On real files a slow machine may take the two seconds by itself.
      const code: unknown = expect.stringMatching(waits ? 'invalid' : 'pending|invalid');
      expect(answer, 'the last good version is served').toMatchObject({ kind: 'served', mark: { code } });
      if (answer.kind === 'served') expect(decode(answer.bytes)).toBe(model.texts.get(id));
      world.saveInPlace(id, text);
      await becomes(model, world, id, text);
    },
    ({ texts }) => texts.has(id),
  );

const restart = (how: 'in order' | 'kill', forgets: boolean): Command =>
  step(`restart ${how}${forgets ? ' without the catalog' : ''}`, async (model, world) => {
    world.follow();
    const before = [...world.told];
    await world.restart(how, forgets ? () => world.forgetCatalog() : undefined);
    world.retell();
    expect(world.told.slice(0, before.length), 'nothing is told otherwise than before').toEqual(before);
    for (const id of model.texts.keys()) await isServed(model, world, id);
  });

const pass = (ms: number): Command => step(`${ms} ms pass`, async (_, world) => world.pass(ms));

const ids = fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f');
const values = fc.record({ v: fc.integer({ min: 0, max: 9 }), t: fc.constantFrom('x', 'ü', '') });
const texts = fc
  .tuple(values, fc.constantFrom(undefined, 2, '\t'), fc.constantFrom('', '\n'))
  .map(([value, indent, end]) => `${JSON.stringify(value, null, indent)}${end}`);

export const commands = (maxCommands: number): fc.Arbitrary<Iterable<Command>> =>
  fc.commands(
    [
      fc.tuple(ids, values).map(([id, value]) => put(id, value)),
      fc.tuple(ids, fc.constantFrom('v', 'w'), fc.nat(9)).map(([id, member, value]) => patch(id, member, value)),
      ids.map((id) => remove(id)),
      fc
        .tuple(fc.uniqueArray(ids, { minLength: 2, maxLength: 4 }), values, fc.boolean())
        .map(([set, value, isSound]) => putSet(set, value, isSound)),
      fc
        .tuple(ids, texts, fc.constantFrom('in place' as const, 'by rename' as const))
        .map(([id, text, how]) => save(id, text, how)),
      fc.tuple(ids, fc.nat(50)).map(([id, version]) => restore(id, version)),
      ids.map((id) => removeByHand(id)),
      fc.tuple(ids, ids).map(([from, to]) => rename(from, to)),
      fc.tuple(ids, texts, fc.boolean()).map(([id, text, waits]) => breakAndMend(id, text, waits)),
      fc
        .tuple(fc.constantFrom('in order' as const, 'kill' as const), fc.nat(3))
        .map(([how, dice]) => restart(how, dice === 0)),
      fc.constantFrom(1, 30, 500, 3000).map((ms) => pass(ms)),
    ],
    { maxCommands, size: 'max' },
  );
