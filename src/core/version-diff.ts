/** What changed between two versions, for programs (JSON Patch, RFC 6902) and for people (unified text). */
import { isUtf8 } from 'node:buffer';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { Digest } from './digest.ts';
import { diffPatch } from './json/diff-patch.ts';
import { compact } from './json/layout.ts';
import { readJson } from './json/read-json.ts';
import { rootSpan } from './json/spans.ts';
import { classify } from './refs.ts';

/** A version; `bytes` null: nothing was there, or, where a digest says what was, its bytes are not kept. */
export interface DiffSide {
  /** As the first lines of a unified diff name it: path, and what tells this version from others. */
  readonly path: string;
  readonly label: string;
  readonly bytes: Uint8Array | null;
  readonly digest: Digest | null;
  readonly size: number;
}

export type DiffKind = 'patch' | 'text';

export type VersionDiffText =
  | { readonly kind: 'done'; readonly text: string }
  /** This side is no JSON document, so that a patch has nothing to stand on. */
  | { readonly kind: 'not-json'; readonly side: 'from' | 'to' }
  /** More changed than a diff is worth; both versions can be read whole. */
  | { readonly kind: 'too-different' };

/** `withinMs` bounds the text diff alone; a patch costs some passes over the texts. */
export const diffVersions = (from: DiffSide, to: DiffSide, as: DiffKind, withinMs: number): VersionDiffText =>
  as === 'patch' ? patchBetween(from, to) : textBetween(from, to, withinMs);

/** A document that came is added at the root, one that went is removed there. */
function patchBetween(from: DiffSide, to: DiffSide): VersionDiffText {
  const [a, b] = [textOf(from), textOf(to)];
  if (a === undefined) return { kind: 'not-json', side: 'from' };
  if (b === undefined) return { kind: 'not-json', side: 'to' };
  if (a === null) return done(b === null ? '[]' : `[{"op":"add","path":"","value":${compact(rootSpan(b))}}]`);
  return done(b === null ? '[{"op":"remove","path":""}]' : diffPatch(a, b));
}

const done = (text: string): VersionDiffText => ({ kind: 'done', text });

/** Null: nothing was there. Undefined: what was there is no JSON. */
function textOf({ bytes, digest }: DiffSide): string | null | undefined {
  if (bytes === null) return digest === null ? null : undefined;
  const read = readJson(bytes);
  return read.kind === 'valid' ? read.text : undefined;
}

const NOTHING = '/dev/null';

/** Of a broken document the bytes that are no UTF-8 are shown as U+FFFD; a file that is no text has no lines to compare. */
function textBetween(from: DiffSide, to: DiffSide, withinMs: number): VersionDiffText {
  const why = [from, to].some(isNotKept) ? 'not kept:' : [from, to].some(isBinary) ? 'no text:' : null;
  if (why !== null) return done(saySizes(from, to, why));
  const [a, b] = [linesOf(from), linesOf(to)];
  if (a === b && (from.bytes === null) === (to.bytes === null)) return done('');
  const options = { timeout: withinMs, headerOptions: FILE_HEADERS_ONLY };
  const text = createTwoFilesPatch(nameOf(from), nameOf(to), a, b, from.label, to.label, options);
  return text === undefined ? { kind: 'too-different' } : done(text);
}

/** As git decides it: text has no NUL; and here it is UTF-8. */
const isBinary = ({ path, bytes }: DiffSide): boolean =>
  bytes !== null && classify(path).kind === 'file' && (bytes.includes(0) || !isUtf8(bytes));

const isNotKept = ({ bytes, digest }: DiffSide): boolean => bytes === null && digest !== null;

function saySizes(from: DiffSide, to: DiffSide, why: string): string {
  if (from.digest === to.digest) return '';
  const heads = [`--- ${nameOf(from)}\t${from.label}`, `+++ ${nameOf(to)}\t${to.label}`];
  return [...heads, why, `-${sayBytes(from)}`, `+${sayBytes(to)}`, ''].join('\n');
}

const sayBytes = ({ size, digest }: DiffSide): string =>
  digest === null ? 'nothing' : `${size} bytes, digest ${digest}`;

const nameOf = ({ path, digest }: DiffSide): string => (digest === null ? NOTHING : path);

const linesOf = ({ bytes }: DiffSide): string => (bytes === null ? '' : new TextDecoder().decode(bytes));
