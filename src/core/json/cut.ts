/**
 * Bodies that hold documents are cut, not parsed and printed again: a document keeps the spelling of its numbers and strings.
 */
import { LarderError } from '../errors.ts';
import { explain } from './explain.ts';
import { kindOf, membersOf, rawOf, rootSpan, stringOf, type Member, type Span } from './spans.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** The root of a text. The engine's own parser judges it, the fastest reader of JSON there is here. Throws `bad_json`. */
export function cutText(bytes: Uint8Array): Span {
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    throw new LarderError('bad_json', 'the text is not UTF-8');
  }
  try {
    JSON.parse(text);
  } catch {
    const errors = explain(text, Infinity);
    throw new LarderError('bad_json', errors[0]?.detail ?? 'the text is not JSON', { errors });
  }
  return rootSpan(text);
}

/** Values by their keys. Throws `bad_json` for anything but an object, and for a key that is there twice. */
export function cutMembers(span: Span): Map<string, Span> {
  if (kindOf(span) !== 'object') throw new LarderError('bad_json', 'a JSON object is expected');
  const members = new Map<string, Span>();
  for (const { key, value } of membersOf(span)) members.set(onlyOnce(members, key), value);
  return members;
}

function onlyOnce(members: ReadonlyMap<string, Span>, key: Member['key']): string {
  if (members.has(key)) throw new LarderError('bad_json', `the key ${JSON.stringify(key)} is there twice`);
  return key;
}

/** Null when it is not there. Throws `bad_request` when it is no text. */
export function textMember(members: ReadonlyMap<string, Span>, key: string): string | null {
  const value = members.get(key);
  if (value === undefined) return null;
  if (kindOf(value) !== 'string') throw new LarderError('bad_request', `${key} must be text`);
  return stringOf(value);
}

export const bytesOfSpan = (span: Span): Buffer => Buffer.from(rawOf(span));
