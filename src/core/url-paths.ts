/**
 * Addresses as they come over HTTP. A segment is decoded once, then judged: Hono and proxies pass `%2F`, `..` and NUL on,
 * so everything that could leave the root, or mean two things, is refused here.
 */
import { LarderError } from './errors.ts';
import type { Fault } from './events.ts';
import { isIgnoredName, isServableDirectory, isServableSegment } from './names.ts';
import { FILES, MAX_PATH_BYTES, pathOf, pathOfFile, type DocumentRef } from './refs.ts';

const badPath = (detail: string): never => {
  throw new LarderError('bad_path', detail);
};

const badName = (segment: string, { code, detail }: Fault): never => {
  throw new LarderError('bad_name', `${JSON.stringify(segment)}: ${detail}`, { errors: [{ code, detail }] });
};

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * One segment of a request line, decoded once. Characters from U+0080 to U+00FF are raw bytes, as Node gives them: a
 * client may send UTF-8 unescaped. Throws `bad_path`.
 */
export function decodeSegment(raw: string): string {
  const text = fromUtf8(bytesOfSegment(raw));
  if (text === '') return badPath('a segment of the path is empty (two slashes in a row, or one at the end)');
  if (text === '.' || text === '..') return badPath('. and .. are not names');
  if (text.includes('/')) return badPath('%2F is not allowed: a slash inside an id is written as /');
  if (text.includes('\0')) return badPath('NUL is not allowed');
  return text;
}

function bytesOfSegment(raw: string): Uint8Array {
  if (/%(?![0-9a-f]{2})/i.test(raw)) return badPath('% is followed by two hexadecimal digits; a literal % is %25');
  if (/[^\u0021-\u00ff]/.test(raw)) return badPath('spaces, controls and characters beyond a byte are percent-encoded');
  const decoded = raw.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(decoded, 'latin1');
}

function fromUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return badPath('the path is not UTF-8');
  }
}

function checkDirectory(segment: string): void {
  const fault = isServableDirectory(segment);
  if (fault !== null) badName(segment, fault);
}

function checkLength(path: string): void {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) badPath(`the path is longer than ${MAX_PATH_BYTES} bytes`);
}

const urlOf = ({ collection, id }: DocumentRef): string =>
  `/v1/${`${collection}/${id}`.split('/').map(encodeURIComponent).join('/')}`;

function refuseEnding(ref: DocumentRef): void {
  if (!ref.id.endsWith('.json')) return;
  const url = urlOf({ ...ref, id: ref.id.slice(0, -'.json'.length) });
  throw new LarderError('not_found', `The id of a document goes without its ending: ${url}`, {
    members: { hint: `Ask for ${url}` },
  });
}

/**
 * The document or stream of an id that is decoded already, as a body or a bulk line names it. Throws `bad_name`,
 * `bad_path`, and `not_found` with the right URL for an id that ends in `.json`.
 */
export function documentRef(collection: string, id: string): DocumentRef {
  const folders = id.split('/');
  const last = folders.pop() ?? '';
  folders.forEach(checkDirectory);
  const fault = isServableSegment(last);
  if (fault !== null) badName(last, fault);
  const ref = { collection, id };
  refuseEnding(ref);
  checkLength(pathOf(ref));
  return ref;
}

/** A path below `<ns>/files/`, decoded already. Throws `bad_name`, `bad_path`. */
function checkFilePath(namespace: string, path: string): string {
  const folders = path.split('/');
  const last = folders.pop() ?? '';
  folders.forEach(checkDirectory);
  const fault = isServableSegment(last) ?? ignoredFault(last);
  if (fault !== null) badName(last, fault);
  checkLength(pathOfFile(namespace, path));
  return path;
}

const ignoredFault = (name: string): Fault | null =>
  isIgnoredName(name)
    ? { code: 'name_ignored', detail: 'editors and sync tools use such names for temporary files, so they are ignored' }
    : null;

/** What a URL below `/v1` names, and the operation on it: `_history`, `12`, or nothing. */
export type Address = { readonly operation: readonly string[] } & Addressed;

type Addressed =
  | { readonly kind: 'root' }
  | { readonly kind: 'namespace'; readonly namespace: string }
  | { readonly kind: 'collection'; readonly collection: string }
  | { readonly kind: 'document'; readonly ref: DocumentRef }
  | { readonly kind: 'file'; readonly namespace: string; readonly path: string };

/**
 * Reads the raw segments after `/v1`. A segment that starts with `_` begins the operation, in every depth; it is never
 * part of an id. Throws `bad_path`, `bad_name`, `not_found`.
 */
export function parseAddress(rawSegments: readonly string[]): Address {
  const segments = rawSegments.map(decodeSegment);
  const at = segments.findIndex((segment) => segment.startsWith('_'));
  const names = at < 0 ? segments : segments.slice(0, at);
  return { ...addressOf(names), operation: at < 0 ? [] : segments.slice(at) };
}

function addressOf([namespace, name, ...rest]: readonly string[]): Addressed {
  if (namespace === undefined) return { kind: 'root' };
  checkDirectory(namespace);
  if (name === undefined) return { kind: 'namespace', namespace };
  checkDirectory(name);
  const collection = `${namespace}/${name}`;
  if (rest.length === 0) return { kind: 'collection', collection };
  const id = rest.join('/');
  return name === FILES
    ? { kind: 'file', namespace, path: checkFilePath(namespace, id) }
    : { kind: 'document', ref: documentRef(collection, id) };
}

/** The document or stream that the raw segments `ns`, `collection`, `id…` name, without an operation. */
export function parseDocumentPath(rawSegments: readonly string[]): DocumentRef {
  const address = parseAddress(rawSegments);
  if (address.kind === 'document' && address.operation.length === 0) return address.ref;
  return badPath('a document is addressed as {namespace}/{collection}/{id}');
}
