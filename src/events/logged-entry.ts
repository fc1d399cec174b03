/** One event in the head of a frame. Digests are bytes there, identities arrays, what is absent is left out. */
import type { CborValue } from '../core/cbor.ts';
import type { BodyPlace, DraftEntry, Fault, FileIdentity, LoggedEntry, Op, Seq, VersionKind } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import type { BodyPart, Encoding } from './body-parts.ts';

/** A body part as the head names it. */
export interface StoredPart {
  readonly encoding: Encoding;
  readonly length: number;
  readonly digest: Digest;
  /** The version that it was appended to. */
  readonly base?: Seq;
}

/** As cbor-x reads it: integers beyond 32 bits are bigints. */
export interface RawEntry {
  readonly op: Op;
  readonly seq: number | bigint;
  readonly path: string;
  readonly size: number | bigint;
  readonly base?: number | bigint;
  /** `blob`, or encoding, stored length, and the digest where it is not the version's. */
  readonly body?: 'blob' | readonly [Encoding, number, Uint8Array?];
  readonly code?: string;
  readonly from?: string;
  readonly kind?: VersionKind;
  readonly before?: Uint8Array;
  readonly digest?: Uint8Array;
  readonly faults?: readonly Fault[];
  readonly placed?: RawIdentity;
  readonly inForce?: boolean;
  readonly modified?: number | bigint;
  readonly replaced?: RawIdentity;
  readonly becameValid?: number;
  readonly becameInvalid?: number;
}

type RawIdentity = readonly (number | bigint)[];

const bytesOf = (digest: Digest | null): Uint8Array | undefined =>
  digest === null ? undefined : Buffer.from(digest, 'hex');

const digestFrom = (bytes: Uint8Array | undefined): Digest | null =>
  bytes ? (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex') as Digest) : null;

/** The members stand in CBOR's order, which saves sorting them. */
export function formatEntry(entry: DraftEntry, seq: CborValue, part: BodyPart | null): CborValue {
  return {
    op: entry.op,
    seq,
    base: entry.base,
    body: part ? formatPart(part, entry) : entry.inBlob ? 'blob' : undefined,
    code: entry.code,
    from: entry.from,
    kind: entry.kind ?? undefined,
    path: entry.path,
    size: entry.size,
    before: bytesOf(entry.before),
    digest: bytesOf(entry.digest),
    faults: entry.faults?.map((fault) => ({ ...fault })),
    placed: entry.placed && formatIdentity(entry.placed),
    inForce: entry.inForce,
    modified: entry.modifiedMs,
    replaced: entry.replaced && formatIdentity(entry.replaced),
    becameValid: entry.becameValid,
    becameInvalid: entry.becameInvalid,
  };
}

function formatPart(part: BodyPart, entry: DraftEntry): CborValue {
  const { encoding, bytes, digest } = part;
  return digest === entry.digest ? [encoding, bytes.length] : [encoding, bytes.length, Buffer.from(digest, 'hex')];
}

export function parsePart(raw: RawEntry): StoredPart | null {
  if (raw.body === undefined || raw.body === 'blob') return null;
  const [encoding, length, own] = raw.body;
  const digest = digestFrom(own ?? raw.digest) ?? ('' as Digest);
  return { encoding, length, digest, ...(raw.base !== undefined && { base: Number(raw.base) }) };
}

/** The entry as the log keeps it, from the draft: what `parseEntry` gives for the same entry read back. */
export function loggedEntry(draft: DraftEntry, seq: Seq, body: BodyPlace): LoggedEntry {
  const { bytes: _bytes, inBlob: _inBlob, base: _base, ...entry } = draft;
  return { ...entry, seq, body };
}

type Parsed = { -readonly [Key in keyof LoggedEntry]: LoggedEntry[Key] };

/** One assignment after another: an object spread for each member costs as much as all the rest of reading an entry. */
export function parseEntry(raw: RawEntry, body: BodyPlace): LoggedEntry {
  const entry: Parsed = {
    seq: Number(raw.seq),
    op: raw.op,
    path: raw.path,
    kind: raw.kind ?? null,
    digest: digestFrom(raw.digest),
    size: Number(raw.size),
    before: digestFrom(raw.before),
    body,
  };
  if (raw.placed) entry.placed = parseIdentity(raw.placed);
  if (raw.modified !== undefined) entry.modifiedMs = Number(raw.modified);
  if (raw.from !== undefined) entry.from = raw.from;
  if (raw.replaced) entry.replaced = parseIdentity(raw.replaced);
  if (raw.code !== undefined) entry.code = raw.code;
  if (raw.faults) entry.faults = raw.faults;
  if (raw.inForce !== undefined) entry.inForce = raw.inForce;
  if (raw.becameInvalid !== undefined) entry.becameInvalid = raw.becameInvalid;
  if (raw.becameValid !== undefined) entry.becameValid = raw.becameValid;
  return entry;
}

const formatIdentity = (identity: FileIdentity): CborValue => [identity.ino, identity.birthtimeNs, identity.mtimeNs];

function parseIdentity([ino = 0, birthtimeNs = 0, mtimeNs = 0]: RawIdentity): FileIdentity {
  return { ino: BigInt(ino), birthtimeNs: BigInt(birthtimeNs), mtimeNs: BigInt(mtimeNs) };
}
