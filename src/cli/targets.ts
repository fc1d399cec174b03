/** What people name on a command line: a file, a document, a collection or a namespace, as it comes to hand. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LarderError } from '../core/errors.ts';
import { documentRef, parseAddress } from '../core/url-paths.ts';
import { FILES, SCHEMA_ID, SCHEMA_NAME, type DocumentRef } from '../core/refs.ts';
import type { FeedScope } from '../core/requests.ts';
import type { Io } from './io.ts';

export type CommandTarget =
  | { readonly kind: 'scope'; readonly scope: FeedScope }
  | { readonly kind: 'document'; readonly ref: DocumentRef };

/** `root` null: the daemon is elsewhere, and only names below its root mean something. Throws `bad_usage` and what names throw. */
export function parseTarget(text: string, root: string | null, io: Io): CommandTarget {
  const segments = belowRoot(text, root, io)
    .split('/')
    .filter((segment) => segment !== '');
  const [namespace, name, ...rest] = segments;
  if (namespace === undefined) return { kind: 'scope', scope: { kind: 'all' } };
  parseAddress(segments.slice(0, 2).map(encodeURIComponent));
  if (name === undefined) return { kind: 'scope', scope: { kind: 'namespace', namespace } };
  const collection = `${namespace}/${name}`;
  if (rest.length === 0) return { kind: 'scope', scope: { kind: 'collection', collection } };
  const id = rest.join('/');
  if (name === FILES) return { kind: 'document', ref: { collection, id } };
  return { kind: 'document', ref: documentRef(collection, id.replace(/\.json$/, '')) };
}

/** The path below the root of the file that is meant: a document is named with or without its ending, as everywhere. */
export function parseFile(text: string, root: string | null, io: Io): string {
  const path = belowRoot(text, root, io).replace(/^\//, '');
  return /\.jsonl?$/.test(path) || path.split('/')[1] === FILES ? path : `${path}.json`;
}

/** A namespace, collection or document as a path below the root; empty for the root itself. */
export const parseBelow = (text: string, root: string | null, io: Io): string =>
  belowRoot(text, root, io).replace(/^\/+|\/+$/g, '');

const belowRoot = (text: string, root: string | null, { workingDirectory }: Io): string =>
  (root === null ? null : onDisk(text, root, workingDirectory)) ?? text.replace(/^\/v1\//, '');

/** The path below the root of something that is there, or of a file that was, seen from the directory one is in. */
function onDisk(text: string, root: string, workingDirectory: string): string | null {
  const absolute = resolve(workingDirectory, text);
  if (absolute !== root && !absolute.startsWith(`${root}/`)) return null;
  return existsSync(absolute) || /\.jsonl?$/.test(absolute) || text.startsWith('/')
    ? absolute.slice(root.length)
    : null;
}

export function parseDocument(text: string, root: string | null, io: Io): DocumentRef {
  const target = parseTarget(text, root, io);
  if (target.kind === 'document') return target.ref;
  throw new LarderError('bad_usage', `${text} is no document; it is named as namespace/collection/id, or by its file`);
}

/** What has bytes to show: a document, or the schema of a collection by its file. */
export function parseShown(text: string, root: string | null, io: Io): DocumentRef {
  const [namespace, name, file, ...more] = belowRoot(text, root, io)
    .split('/')
    .filter((segment) => segment !== '');
  const isSchema = file === SCHEMA_NAME && more.length === 0 && name !== FILES;
  return isSchema ? { collection: `${namespace}/${name}`, id: SCHEMA_ID } : parseDocument(text, root, io);
}

export function parseSeq(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new LarderError('bad_usage', `${text} is no seq; larder log shows the seqs of versions`);
}
