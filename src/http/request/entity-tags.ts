/** Entity tags and the conditions made of them (RFC 9110, 8.8.3 and 13.1). */
import type { IncomingHttpHeaders } from 'node:http';
import { LarderError } from '../../core/errors.ts';
import type { Preconditions } from '../../core/requests.ts';

type TagList = '*' | readonly string[];

const oneTag = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;
/** Proxies that compress mark the tag of what they made of our bytes; it is still the same version. */
const compressed = /-(?:gzip|br|zstd)$/;

/**
 * The opaque tags of a list, without quotes. Weak ones count only where `weak` says so: a write must not go ahead on a tag
 * that says "about the same". Throws `bad_request`.
 */
function parseTags(header: string, name: string, weak: 'count' | 'never-match'): TagList {
  const text = header.trim();
  if (text === '*') return '*';
  const tags: string[] = [];
  for (const piece of text.split(',')) {
    const match = oneTag.exec(piece.trim());
    if (match === null) throw new LarderError('bad_request', `${name} must be * or a list of quoted entity tags`);
    if (match[1] === undefined || weak === 'count') tags.push((match[2] ?? '').replace(compressed, ''));
  }
  return tags;
}

/** What a write asks for. Throws `bad_request`. */
export function preconditionsOf(headers: IncomingHttpHeaders): Preconditions {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (headers['if-unmodified-since'] !== undefined) {
    throw new LarderError(
      'bad_request',
      'If-Unmodified-Since knows only seconds, in which two versions fit: send If-Match with the ETag',
    );
  }
  return {
    ...(ifMatch !== undefined && { ifMatch: parseTags(ifMatch, 'If-Match', 'never-match') }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: parseTags(ifNoneMatch, 'If-None-Match', 'count') }),
  };
}

/**
 * Whether the client has this very version. `If-Modified-Since` is not looked at: a file saved twice in one second, or put
 * back with an older time, would be taken for unchanged.
 */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = parseTags(ifNoneMatch, 'If-None-Match', 'count');
  return tags === '*' || tags.includes(etag);
}
