/**
 * Addresses. Every path below the root means at most one thing (FORMAT.md, names); this module says which, from the name
 * alone, and gives the path for an address.
 */
import type { Fault } from './events.ts';
import { isIgnoredDirectory, isIgnoredName, isServableDirectory, isServableSegment } from './names.ts';

export interface DocumentRef {
  /** `ns/collection` */
  readonly collection: string;
  /** Document id, possibly with `/`; a stream's id keeps its ending. */
  readonly id: string;
}

export type PathMeaning =
  | { readonly kind: 'document'; readonly collection: string; readonly id: string }
  | { readonly kind: 'stream'; readonly collection: string; readonly id: string }
  | { readonly kind: 'schema'; readonly collection: string }
  /** Anything below `<ns>/files/`; the collection is `ns/files`. */
  | { readonly kind: 'file'; readonly collection: string; readonly id: string }
  | { readonly kind: 'files-schema'; readonly collection: string }
  /** `hidden`: dot files, ours included. `temporary`: of an editor or sync tool. `other`: no JSON, only counted. */
  | { readonly kind: 'ignored'; readonly why: 'hidden' | 'temporary' | 'other' }
  | { readonly kind: 'misnamed'; readonly fault: Fault };

export const FILES = 'files';
export const SCHEMA_NAME = '_schema.json';
/** How the schema of a collection is addressed: it has versions as documents have, and is none. */
export const SCHEMA_ID = '_schema';

/** Longer paths do not fit the kernel's 4096 bytes together with the root's own. */
export const MAX_PATH_BYTES = 3000;

/** One look at a path asks for its meaning some ten times, in a row. */
const meaningByPath = new Map<string, PathMeaning>();
const MOST_REMEMBERED = 8192;

/** What a regular file at this path is. The path is below the root, `/` between its names as they are on disk. */
export function classify(path: string): PathMeaning {
  const known = meaningByPath.get(path);
  if (known !== undefined) return known;
  if (meaningByPath.size >= MOST_REMEMBERED) meaningByPath.clear();
  const meaning = meaningOf(path);
  meaningByPath.set(path, meaning);
  return meaning;
}

function meaningOf(path: string): PathMeaning {
  const directories = path.split('/');
  const name = directories.pop() ?? '';
  const ignored = ignoredBy(directories, name);
  if (ignored !== null) return ignored;
  const [namespace, collection, ...folders] = directories;
  if (namespace === undefined || collection === undefined) return outsideCollections(name);
  return collection === FILES
    ? classifyFile(namespace, folders, name)
    : classifyInCollection(`${namespace}/${collection}`, folders, name);
}

function ignoredBy(directories: readonly string[], name: string): PathMeaning | null {
  if (name.startsWith('.') || directories.some(isIgnoredDirectory)) return { kind: 'ignored', why: 'hidden' };
  return isIgnoredName(name) ? { kind: 'ignored', why: 'temporary' } : null;
}

const misnamed = (fault: Fault): PathMeaning => ({ kind: 'misnamed', fault });

const ofJson = /\.jsonl?$/i;

function outsideCollections(name: string): PathMeaning {
  if (!ofJson.test(name)) return { kind: 'ignored', why: 'other' };
  const detail =
    name === SCHEMA_NAME
      ? 'a schema counts only directly in a collection: <namespace>/<collection>/_schema.json'
      : `documents live in a collection: move it to <namespace>/<collection>/${name}`;
  return misnamed({ code: 'name_outside_collection', detail });
}

const directoryFault = (directories: readonly string[]): Fault | null =>
  directories.map(isServableDirectory).find((fault) => fault !== null) ?? null;

const lengthFault = (path: string): Fault | null =>
  Buffer.byteLength(path) > MAX_PATH_BYTES
    ? { code: 'path_too_long', detail: `the path is longer than ${MAX_PATH_BYTES} bytes` }
    : null;

function classifyFile(namespace: string, folders: readonly string[], name: string): PathMeaning {
  const collection = `${namespace}/${FILES}`;
  if (name === SCHEMA_NAME && folders.length === 0) {
    const fault = directoryFault([namespace]);
    return fault === null ? { kind: 'files-schema', collection } : misnamed(fault);
  }
  const id = [...folders, name].join('/');
  const fault =
    directoryFault([namespace, ...folders]) ?? isServableSegment(name) ?? lengthFault(`${collection}/${id}`);
  return fault === null ? { kind: 'file', collection, id } : misnamed(fault);
}

function classifyInCollection(collection: string, folders: readonly string[], name: string): PathMeaning {
  if (!ofJson.test(name)) return { kind: 'ignored', why: 'other' };
  const path = [collection, ...folders, name].join('/');
  const fault = directoryFault([...collection.split('/'), ...folders]) ?? lengthFault(path);
  if (fault !== null) return misnamed(fault);
  if (name === SCHEMA_NAME) return classifySchema(collection, folders);
  const last = name.endsWith('.json') ? name.slice(0, -'.json'.length) : name;
  const nameFault = documentNameFault(name, last);
  if (nameFault !== null) return misnamed(nameFault);
  const id = [...folders, last].join('/');
  return { kind: name.endsWith('.jsonl') ? 'stream' : 'document', collection, id };
}

function classifySchema(collection: string, folders: readonly string[]): PathMeaning {
  if (folders.length === 0) return { kind: 'schema', collection };
  const detail = `a schema counts only directly in the collection: ${collection}/${SCHEMA_NAME}`;
  return misnamed({ code: 'name_schema_too_deep', detail });
}

function documentNameFault(name: string, last: string): Fault | null {
  if (!/\.jsonl?$/.test(name))
    return { code: 'name_ending_case', detail: 'the endings .json and .jsonl are lower case' };
  if (name.endsWith('.json') && /\.jsonl?$/.test(last)) {
    return { code: 'name_double_ending', detail: `an id cannot end in .json or .jsonl: rename it to ${last}` };
  }
  return isServableSegment(last);
}

export const isStreamId = (id: string): boolean => id.endsWith('.jsonl');

/** The path of a document or stream below the root; the inverse of `classify`. */
export const pathOf = ({ collection, id }: DocumentRef): string =>
  `${collection}/${id}${isStreamId(id) || holdsFiles(collection) ? '' : '.json'}`;

/** Whether a collection is the `files` of a namespace: it holds any files, and no documents. */
export const holdsFiles = (collection: string): boolean => collection.endsWith(`/${FILES}`);

export const pathOfFile = (namespace: string, path: string): string => `${namespace}/${FILES}/${path}`;

export const isSchemaPath = (path: string): boolean =>
  path.endsWith(`/${SCHEMA_NAME}`) && classify(path).kind === 'schema';

export const pathOfSchema = (collection: string): string => `${collection}/${SCHEMA_NAME}`;

/** `ns/collection` where the path is named well and lies in one; '' otherwise. */
export const collectionOf = (meaning: PathMeaning): string => ('collection' in meaning ? meaning.collection : '');
