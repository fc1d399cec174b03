/**
 * Do files, reads, lists and feed say the same? Asked from outside, over HTTP and the disk, of a daemon that may still be
 * catching up: what disagrees at first has until the limit.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.ts';
import type { Daemon } from './daemon.ts';
import { wholeFeed, type Told } from './follower.ts';
import { within } from './harness.ts';

/** Digest by `ns/collection/id`. */
export type Digests = ReadonlyMap<string, string>;

export interface AgreementOptions {
  readonly limitMs: number;
  /** Documents that are read one by one; all of them unless given. */
  readonly reads?: number;
  /** Names whose file is broken on purpose: served as their last good version, marked. */
  readonly broken?: ReadonlySet<string>;
}

const MOST_NAMED = 5;

/** Differences; none when all agree within the limit. */
export async function disagreements(daemon: Daemon, root: string, options: AgreementOptions): Promise<string[]> {
  let found: string[] = [];
  await within(options.limitMs, async () => {
    found = await compareAll(daemon, root, options.broken ?? new Set());
    return found.length === 0;
  });
  return [...found, ...(await compareReads(daemon, root, options))];
}

async function compareAll(daemon: Daemon, root: string, broken: ReadonlySet<string>): Promise<string[]> {
  const files = without(digestsOnDisk(root), broken);
  const listed = without(await digestsListed(daemon), broken);
  const folded = without(fold(await wholeFeed(daemon)), broken);
  return [...differences('list', files, listed), ...differences('feed', files, folded)];
}

const without = (digests: Digests, names: ReadonlySet<string>): Digests =>
  new Map([...digests].filter(([name]) => !names.has(name)));

export function differences(what: string, files: Digests, others: Digests): string[] {
  const found: string[] = [];
  for (const [name, digest] of files) {
    const other = others.get(name);
    if (other === undefined) found.push(`${name} is on disk, not in the ${what}`);
    else if (other !== digest) found.push(`${name} is ${short(digest)} on disk, ${short(other)} in the ${what}`);
  }
  for (const name of others.keys()) if (!files.has(name)) found.push(`${name} is in the ${what}, not on disk`);
  return shortened(found);
}

export const shortened = (found: readonly string[]): string[] =>
  found.length <= MOST_NAMED
    ? [...found]
    : [...found.slice(0, MOST_NAMED), `… and ${found.length - MOST_NAMED} more like these`];

const short = (digest: string): string => digest.slice(0, 8);

/** What each file of a collection holds now, by the name of its document. */
export function digestsOnDisk(root: string): Map<string, string> {
  const digests = new Map<string, string>();
  for (const path of documentFiles(root)) {
    digests.set(path.slice(0, -'.json'.length), digestOf(readFileSync(join(root, path))));
  }
  return digests;
}

/** Paths of document files below the root. */
export function documentFiles(root: string): string[] {
  const isHidden = (path: string): boolean => path.split('/').some((part) => /^[._]/.test(part));
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !isHidden(path) && path.split('/').length >= 3);
}

interface ListPage {
  readonly items: readonly { readonly _id: string; readonly _meta: { readonly etag: string } }[];
  readonly next: string | null;
}

/** ETag by name of everything that the lists of all collections have. */
async function digestsListed(daemon: Daemon): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const namespace of await names(daemon, '/v1')) {
    for (const collection of await names(daemon, `/v1/${namespace}`)) {
      if (collection !== 'files') await addList(daemon, `${namespace}/${collection}`, digests);
    }
  }
  return digests;
}

async function names(daemon: Daemon, path: string): Promise<string[]> {
  const { json } = await daemon.ask('GET', path);
  return (json as { readonly items: readonly { readonly name: string }[] }).items.map(({ name }) => name);
}

async function addList(daemon: Daemon, collection: string, digests: Map<string, string>): Promise<void> {
  for (let cursor = ''; ;) {
    const { status, json, text } = await daemon.ask('GET', `/v1/${collection}?_limit=1000&_meta=1${cursor}`);
    if (status !== 200) throw new Error(`the list of ${collection} answers ${status}: ${text.slice(0, 300)}`);
    const page = json as ListPage;
    for (const { _id, _meta } of page.items) digests.set(`${collection}/${_id}`, _meta.etag);
    if (page.next === null) return;
    cursor = `&_cursor=${encodeURIComponent(page.next)}`;
  }
}

/** What is served, as far as the feed tells. */
export function fold(feed: readonly Told[]): Map<string, string> {
  const served = new Map<string, string>();
  for (const { op, name, from, digest } of feed) {
    if (op === 'move' && from !== null) served.delete(from);
    if (op === 'delete') served.delete(name);
    else if ((op === 'create' || op === 'update' || op === 'move') && digest !== null) served.set(name, digest);
  }
  return served;
}

/** Each document read by itself: exactly the bytes of its file, under their digest. */
async function compareReads(daemon: Daemon, root: string, options: AgreementOptions): Promise<string[]> {
  const found: string[] = [];
  for (const path of spread(documentFiles(root), options.reads ?? Infinity)) {
    const name = path.slice(0, -'.json'.length);
    const answer = await daemon.ask('GET', `/v1/${name}`);
    const mark = String(answer.headers['larder-problem'] ?? '');
    // A save that was rescued waits for a decision: it marks the document, which is its file all the same.
    const isMarked = (mark !== '' && !mark.startsWith('rescued;')) || answer.status === 409;
    const isSame = answer.status === 200 && answer.bytes.equals(readFileSync(join(root, path)));
    if (isSame && answer.headers.etag !== `"${digestOf(answer.bytes)}"`) found.push(`${name} has a wrong ETag`);
    if (options.broken?.has(name) ? !isMarked : !isSame || isMarked)
      found.push(`${name} is read as ${answer.status} ${mark}, not its file`);
  }
  return shortened(found);
}

function spread<T>(items: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, Math.ceil(items.length / most));
  return items.filter((_, index) => index % step === 0);
}

/** Not cut off in the middle. */
export function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
