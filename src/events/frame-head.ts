/**
 * The head of a frame: kind, first and last seq, and a map of the rest, in deterministic CBOR. The words are those of the
 * types, so that any CBOR reader can make sense of a log. A frame without events carries the newest seq before it, so that
 * every frame says how far the log has come.
 */
import { Decoder } from 'cbor-x';
import { encodeCbor, Spliced } from '../core/cbor.ts';
import type { CborValue, Splice } from '../core/cbor.ts';
import type { BodyPlace, Cause, DraftEntry, DraftFrame, EventFrame, LoggedFrame, Origin, Seq } from '../core/events.ts';
import type { BodyPart } from './body-parts.ts';
import { formatEntry, loggedEntry, parseEntry, parsePart } from './logged-entry.ts';
import type { RawEntry, StoredPart } from './logged-entry.ts';
import { bitmapBytes, isKept } from './pruned-body.ts';
import type { SegmentWindow } from './segment-window.ts';

export type FrameKind = 'change' | 'verdict' | 'schema' | 'checkpoint' | 'abort' | 'clean';

/** What every head begins with. */
export interface FrameMark {
  readonly kind: FrameKind;
  readonly first: Seq;
  readonly last: Seq;
}

/** Where a frame's body lies. */
export interface BodyArea {
  readonly segment: Seq;
  readonly offset: number;
  readonly length: number;
  /** Whose bytes are left, where some are not any more (pruned-body.ts). */
  readonly bitmap?: Uint8Array;
}

/** A draft with what only the log knows: its place in the order, its packed bodies, and (in a clean stop) the checkpoint. */
export interface Composition {
  readonly draft: DraftFrame;
  readonly first: Seq;
  readonly last: Seq;
  readonly checkpoint: Seq;
  /** One for each entry; null where the bytes are not in the log. */
  readonly parts: readonly (BodyPart | null)[];
  /** Of the entries, where they were encoded beforehand. */
  readonly encodings?: readonly Splice[] | undefined;
}

interface RawFields {
  readonly at: number | bigint;
  readonly actor: string;
  readonly cause: Cause;
  readonly set: string;
  readonly session?: string;
  readonly entries: readonly RawEntry[];
  readonly upTo: number | bigint;
  readonly checkpoint?: number | bigint;
  readonly seqs: readonly (number | bigint)[];
}

export type RawHead = readonly [kind: FrameKind, first: number | bigint, last: number | bigint, fields: RawFields];

const decoder = new Decoder({ useRecords: false, mapsAsObjects: true });

export const kindOf = (draft: DraftFrame): FrameKind => (draft.type === 'events' ? draft.kind : draft.type);

export const formatHead = (composition: Composition): Uint8Array =>
  encodeCbor([kindOf(composition.draft), composition.first, composition.last, formatFields(composition)]);

function formatFields({ draft, first, checkpoint, parts, encodings }: Composition): CborValue {
  switch (draft.type) {
    case 'events':
      return formatEvents(
        draft.origin,
        draft.entries.map((entry, index) => {
          const [seq, encoding] = [first + index, encodings?.[index]];
          return encoding ? new Spliced(encoding, seq) : formatEntry(entry, seq, parts[index] ?? null);
        }),
      );
    case 'checkpoint':
      return { upTo: draft.upTo };
    case 'abort':
      return { seqs: draft.seqs };
    case 'clean':
      return { upTo: draft.upTo, checkpoint };
  }
}

const formatEvents = (origin: Origin, entries: readonly CborValue[]): CborValue => ({
  at: origin.atMs,
  set: origin.changeSet,
  actor: origin.actor,
  cause: origin.cause,
  entries,
  session: origin.session,
});

/** Null when the bytes are no head of ours. Cost: about 2 us an entry. */
export function parseHead(head: Uint8Array): RawHead | null {
  try {
    const raw: unknown = decoder.decode(head);
    return Array.isArray(raw) && raw.length === 4 && typeof raw[0] === 'string' ? (raw as unknown as RawHead) : null;
  } catch {
    return null;
  }
}

/** The beginning of a head that is known to be whole, without the cost of the rest. */
export function peekMark(head: Uint8Array): FrameMark {
  const view = Buffer.from(head.buffer, head.byteOffset, head.length);
  const kindEnd = 2 + ((view[1] ?? 0) & 0x1f);
  const first = readUint(view, kindEnd);
  const last = readUint(view, first.end);
  return { kind: view.toString('latin1', 2, kindEnd) as FrameKind, first: first.value, last: last.value };
}

function readUint(view: Buffer, at: number): { readonly value: number; readonly end: number } {
  const argument = (view[at] ?? 0) & 0x1f;
  if (argument < 24) return { value: argument, end: at + 1 };
  if (argument === 27) return { value: Number(view.readBigUInt64BE(at + 1)), end: at + 9 };
  const bytes = argument === 24 ? 1 : argument === 25 ? 2 : 4;
  return { value: view.readUIntBE(at + 1, bytes), end: at + 1 + bytes };
}

/** The parts of the body in their order. */
export const partsOf = ([, , , fields]: RawHead): readonly StoredPart[] =>
  (fields.entries ?? []).map(parsePart).filter((part) => part !== null);

const entriesOf = ([, , , fields]: RawHead): readonly RawEntry[] => fields.entries ?? [];

/** Where the body of a frame lies that was read through a window: a few bytes more are read where it was pruned. */
export function bodyAreaOf(
  window: SegmentWindow,
  raw: RawHead,
  { segment, offset, length }: Pick<BodyArea, 'segment' | 'offset' | 'length'>,
): BodyArea {
  const entries = entriesOf(raw);
  if (length === entries.reduce((sum, entry) => sum + storedLength(entry), 0)) return { segment, offset, length };
  const bitmap = Uint8Array.from(window(offset, Math.min(length, bitmapBytes(entries.length))));
  return { segment, offset, length, bitmap };
}

const storedLength = ({ body }: RawEntry): number => (body === undefined || body === 'blob' ? 0 : body[1]);

/** Every entry of a frame, and whether its bytes are still kept, in the log or as a blob. */
export function keptEntries(
  raw: RawHead,
  area: BodyArea,
): readonly { readonly seq: Seq; readonly isKept: boolean; readonly storedBytes: number }[] {
  const entries = entriesOf(raw);
  const shapes = entries.map(shapeOfRaw);
  const places = bodyPlaces(area, shapes);
  return entries.map(({ seq }, index) => ({
    seq: Number(seq),
    isKept: (places[index] ?? NOWHERE).in !== 'nowhere',
    storedBytes: lengthOf(shapes[index] ?? null),
  }));
}

/** Whether the body is as long as it says that its parts are: bits of the bitmap may be damaged. */
export function isTold(raw: RawHead, area: BodyArea): boolean {
  if (!area.bitmap) return true;
  const kept = keptEntries(raw, area);
  const sumOf = (entries: typeof kept): number => entries.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const length = area.bitmap.length + sumOf(kept.filter(({ isKept }) => isKept));
  return area.length === length + (length === sumOf(kept) ? 1 : 0);
}

/** One part of a body, where it lies. */
export interface PlacedPart {
  readonly seq: Seq;
  readonly path: string;
  readonly offset: number;
  readonly stored: StoredPart;
}

/** The parts that are left of a body. */
export function placedParts(raw: RawHead, area: BodyArea): PlacedPart[] {
  const entries = entriesOf(raw);
  const places = bodyPlaces(area, entries.map(shapeOfRaw));
  return entries.flatMap((entry, index) => {
    const [stored, place] = [parsePart(entry), places[index]];
    if (!stored || !place || !('segment' in place)) return [];
    return [{ seq: Number(entry.seq), path: entry.path, offset: place.offset, stored }];
  });
}

/** The checkpoint that a frame states, if it is of a kind that does. */
export function checkpointOf([kind, , , fields]: RawHead): Seq | null {
  if (kind === 'checkpoint') return Number(fields.upTo);
  return kind === 'clean' ? Number(fields.checkpoint ?? 0) : null;
}

/** The seqs that a frame takes back. */
export const abortedBy = (head: RawHead | null): readonly Seq[] =>
  head?.[0] === 'abort' ? head[3].seqs.map(Number) : [];

export function frameFrom(head: RawHead, area: BodyArea): LoggedFrame {
  const [kind, , , fields] = head;
  switch (kind) {
    case 'checkpoint':
    case 'clean':
      return { type: kind, upTo: Number(fields.upTo) };
    case 'abort':
      return { type: 'abort', seqs: abortedBy(head) };
    case 'change':
    case 'verdict':
    case 'schema':
      return eventsFrom(kind, fields, area);
  }
}

function eventsFrom(kind: EventFrame['kind'], fields: RawFields, area: BodyArea): EventFrame {
  const origin: Origin = {
    atMs: Number(fields.at),
    actor: fields.actor,
    cause: fields.cause,
    changeSet: fields.set,
    ...(fields.session !== undefined && { session: fields.session }),
  };
  const places = bodyPlaces(area, fields.entries.map(shapeOfRaw));
  const entries = fields.entries.map((raw, index) => parseEntry(raw, places[index] ?? NOWHERE));
  return { type: 'events', kind, origin, entries };
}

/** The frame as `frameFrom` would read it back from that place. */
export function composedFrame({ draft, first, parts }: Composition, area: BodyArea): LoggedFrame {
  if (draft.type !== 'events') return draft;
  const shapes = draft.entries.map((entry, index) => (entry.inBlob ? 'blob' : shapeOf(parts[index] ?? null, entry)));
  const places = bodyPlaces(area, shapes);
  const entries = draft.entries.map((entry, index) => loggedEntry(entry, first + index, places[index] ?? NOWHERE));
  return { ...draft, entries };
}

const IN_BLOB: BodyPlace = { in: 'blob' };
const NOWHERE: BodyPlace = { in: 'nowhere' };

/** As much of a part as says where it lies: the digest of one that is a version by itself is the version's. */
interface Shape {
  readonly encoding: BodyPart['encoding'];
  readonly length: number;
  readonly grown: { readonly base: Seq; readonly part: BodyPart['digest'] } | null;
}

type AnyShape = Shape | 'blob' | null;

function shapeOfRaw(raw: RawEntry): AnyShape {
  if (raw.body === undefined) return null;
  if (raw.body === 'blob') return 'blob';
  const [encoding, length] = raw.body;
  const part = raw.base === undefined ? null : parsePart(raw);
  return { encoding, length, grown: part && { base: part.base ?? 0, part: part.digest } };
}

const shapeOf = (part: BodyPart | null, { base }: DraftEntry): Shape | null =>
  part && {
    encoding: part.encoding,
    length: part.bytes.length,
    grown: base === undefined ? null : { base, part: part.digest },
  };

const lengthOf = (shape: AnyShape): number => (shape === null || shape === 'blob' ? 0 : shape.length);

/** Where each part lies, one after the other. A body that is not as long as its parts was pruned. */
function bodyPlaces(area: BodyArea, shapes: readonly AnyShape[]): readonly BodyPlace[] {
  const isWhole = shapes.reduce((sum, shape) => sum + lengthOf(shape), 0) === area.length;
  const bitmap = area.bitmap ?? NOTHING_KEPT;
  let offset = area.offset + (isWhole ? 0 : bitmap.length);
  return shapes.map((shape, index) => {
    if (shape === null || !(isWhole || isKept(bitmap, index))) return NOWHERE;
    if (shape === 'blob') return IN_BLOB;
    const { length, encoding, grown } = shape;
    const { segment } = area;
    const at = offset;
    offset += length;
    if (grown === null) return { in: 'log', segment, offset: at, length, encoding };
    return { in: 'tail', segment, offset: at, length, encoding, ...grown };
  });
}

const NOTHING_KEPT = new Uint8Array();
