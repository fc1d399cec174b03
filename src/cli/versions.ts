/** `larder log`, `diff`, `show` and `at`: what was, and what changed. */
import { LarderError } from '../core/errors.ts';
import { holdsFiles } from '../core/refs.ts';
import type { FeedEvent, WhyGone } from '../core/requests.ts';
import type { ToldVersion } from '../core/told-versions.ts';
import type { Moment } from '../larder-versions.ts';
import type { Access } from './access.ts';
import { outJson, type Io } from './io.ts';
import { printable } from './printable.ts';
import { parseDocument, parseSeq, parseShown, parseTarget } from './targets.ts';

export interface VersionFlags {
  readonly json?: true;
}

export interface LogFlags extends VersionFlags {
  readonly deleted?: true;
  readonly limit?: string;
}

export interface ShowFlags {
  readonly at?: string;
  readonly seq?: string;
}

const MOST_LINES = 1000;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function showLog(
  { versions }: Access,
  root: string | null,
  text: string | undefined,
  flags: LogFlags,
  io: Io,
): Promise<number> {
  const target = parseTarget(text ?? '', text === undefined ? null : root, io);
  if (flags.deleted === true) {
    if (target.kind !== 'scope' || target.scope.kind !== 'collection')
      throw new LarderError('bad_usage', '--deleted needs a collection, as namespace/collection');
    const items = await collect(versions.deleted(target.scope.collection));
    if (flags.json === true) outJson(io, { items });
    else io.out(items.map(({ seq, at, actor, _id }) => row([seq, at, 'deleted', _id, actor])).join(''));
    return 0;
  }
  const limit = limitOf(flags.limit);
  if (target.kind === 'document') {
    const items = await versions.history(target.ref, limit);
    if (flags.json === true) outJson(io, { items });
    else io.out(items.map(describeVersion).join(''));
    return 0;
  }
  const items = await versions.recent(target.scope, limit);
  if (flags.json === true) outJson(io, { items });
  else io.out(items.map(describeEvent).join(''));
  return 0;
}

function limitOf(text = '50'): number {
  const limit = parseSeq(text);
  if (limit >= 1 && limit <= MOST_LINES) return limit;
  throw new LarderError('bad_usage', `--limit is a number from 1 to ${MOST_LINES}`);
}

const row = (cells: readonly (string | number | undefined)[]): string =>
  `${cells.filter((cell) => cell !== undefined && cell !== '').join('  ')}\n`;

/** Seq first, because every other command takes it. */
const describeVersion = (version: ToldVersion): string => {
  const { seq, at, op, from, to, kind, size, gone, actor, change_set, session } = version;
  return row([
    seq,
    at,
    kind === 'valid' || kind === 'deleted' || kind === null ? op : `${op} (${kind})`,
    from && `from ${from}`,
    to && `to ${to}`,
    kind === 'deleted' ? '-' : `${size} bytes${sayGone(gone)}`,
    actor,
    `set ${change_set}`,
    session && `session ${session}`,
  ]);
};

const GONE: Readonly<Record<WhyGone, string>> = {
  pruned: 'not kept: pruned or forgotten',
  too_large: 'not kept: too large',
};

const sayGone = (gone: WhyGone | undefined): string => (gone === undefined ? '' : ` (${GONE[gone]})`);

const describeEvent = (event: FeedEvent): string => {
  const { seq, at, op, collection, id, from, to, gone, actor, change_set, session } = event;
  return row([
    seq,
    at,
    op,
    `${collection}/${printable(id)}${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}${sayGone(gone)}`,
    actor,
    `set ${change_set}`,
    session && `session ${session}`,
  ]);
};

export async function showDiff(
  { versions }: Access,
  root: string | null,
  [text, from, to]: readonly [string, string | undefined, string | undefined],
  { json }: VersionFlags,
  io: Io,
): Promise<number> {
  const ref = parseDocument(text, root, io);
  const [fromSeq, toSeq] = [from, to].map((seq) => (seq === undefined ? null : parseSeq(seq)));
  const as = json === true && !holdsFiles(ref.collection) ? 'patch' : 'text';
  const diff = await versions.diff(ref, fromSeq ?? null, toSeq ?? null, as);
  if (json === true && as === 'text') outJson(io, diff);
  else if (json === true) io.out(`{"from":${diff.from},"to":${diff.to},"patch":${diff.text}}\n`);
  else io.out(diff.text);
  return 0;
}

export async function showDocument(
  { versions }: Access,
  root: string | null,
  text: string,
  { at, seq }: ShowFlags,
  io: Io,
): Promise<number> {
  if (seq !== undefined) {
    io.out(await versions.version(parseDocument(text, root, io), parseSeq(seq)));
    return 0;
  }
  const found = await versions.read(parseShown(text, root, io), at ?? null);
  if (found.moment !== null) warnIfAmbiguous(found.moment, at ?? '', io);
  io.out(found.bytes);
  return 0;
}

export async function showAt(
  access: Access,
  root: string | null,
  [at, text]: readonly [string, string],
  { json }: VersionFlags,
  io: Io,
): Promise<number> {
  const target = parseTarget(text, root, io);
  if (target.kind === 'document') return showDocument(access, root, text, { at }, io);
  if (target.scope.kind !== 'collection')
    throw new LarderError('bad_usage', `${text} is neither a document nor a collection`);
  const pages = await collect(access.versions.listAt(target.scope.collection, at));
  const [moment, items] = [pages[0]?.moment ?? null, pages.flatMap((page) => page.items)];
  if (moment !== null) warnIfAmbiguous(moment, at, io);
  const wide = `{"seq":${moment?.seq},"ambiguous":${moment?.isAmbiguous},"items":[${items.join(',')}]}\n`;
  io.out(json === true ? wide : items.map((item) => `${oneLine(item)}\n`).join(''));
  return 0;
}

/** A raw line end in JSON text is only ever white space. */
const oneLine = (text: string): string => text.replaceAll(/\s*[\r\n]+\s*/g, ' ');

function warnIfAmbiguous({ seq, isAmbiguous }: Moment, at: string, io: Io): void {
  if (isAmbiguous) io.err(`larder: the clock went back over ${at}: this is seq ${seq}; name a seq to be sure\n`);
}
