/**
 * The request target, read from the request line itself and not from a URL object: `URL`, Hono and the adapter below it drop
 * `..` and `%2e%2e` before a handler sees them, and decode `%2F` to a slash. What could be read in two ways is refused here;
 * what is left is spelled in one way only, so that what follows may normalise as it likes.
 */
import { LarderError } from '../../core/errors.ts';
import { decodeSegment, parseAddress, type Address } from '../../core/url-paths.ts';
import { URL_LIMIT_BYTES } from '../http-config.ts';
import { parseQuery, type Query } from './query.ts';

export interface Target {
  /** What a path below `/v1` names; null for any other path. */
  readonly address: Address | null;
  readonly query: Query;
  /** Path without query, in the one spelling that is routed. */
  readonly path: string;
}

/** Host of a target in absolute form (RFC 9112, 3.2.2), or null; the rest is the target as usual. Throws `bad_path`. */
export function splitAuthority(rawTarget: string): { readonly authority: string | null; readonly rest: string } {
  if (rawTarget.startsWith('/')) return { authority: null, rest: rawTarget };
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(rawTarget);
  if (absolute === null) throw new LarderError('bad_path', 'the request target must start with /');
  const rest = absolute[2] ?? '';
  return { authority: absolute[1] ?? '', rest: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Throws `url_too_long`, `bad_path`, `bad_name`, `not_found`, `bad_parameter`. */
function parseTarget(rawTarget: string): Target {
  if (rawTarget.length > URL_LIMIT_BYTES) {
    throw new LarderError(
      'url_too_long',
      `the URL has ${rawTarget.length} bytes, at most ${URL_LIMIT_BYTES} are allowed`,
    );
  }
  if (rawTarget.includes('#'))
    throw new LarderError('bad_path', 'a fragment stays with the client; # in a name is %23');
  const mark = rawTarget.indexOf('?');
  const rawPath = mark < 0 ? rawTarget : rawTarget.slice(0, mark);
  const query = parseQuery(mark < 0 ? '' : rawTarget.slice(mark + 1));
  if (rawPath === '/') return { address: null, query, path: '/' };
  const rawSegments = rawPath.slice(1).split('/');
  const address = rawSegments[0] === 'v1' ? parseAddress(rawSegments.slice(1)) : null;
  return { address, query, path: isPlain.test(rawPath) ? rawPath : respell(rawSegments) };
}

/** Paths that were asked lately; a client that polls a document asks for the same one over and over. */
const KEPT_TARGETS = 4096;
const KEPT_LENGTH = 256;

/** `parseTarget` with a memory of plain paths. */
export function openTargets(): (rawTarget: string) => Target {
  const kept = new Map<string, Target>();
  return (rawTarget) => {
    const known = kept.get(rawTarget);
    if (known !== undefined) return known;
    const target = parseTarget(rawTarget);
    if (kept.size >= KEPT_TARGETS) kept.clear();
    if (rawTarget.length <= KEPT_LENGTH && target.query.size === 0) kept.set(rawTarget, target);
    return target;
  };
}

/** No escapes, and no segment that starts with a dot. */
const isPlain = /^(?:\/[\w~-][\w.~-]*)+$/;

const respell = (rawSegments: readonly string[]): string =>
  `/${rawSegments.map((segment) => encodeURIComponent(decodeSegment(segment))).join('/')}`;
