/**
 * Every `_parameter` there is, once: its name, what it means in one sentence (OpenAPI and the reference take it from here),
 * how it is read, and what its absence means.
 */
import type { Seq } from '../../core/events.ts';
import { LarderError } from '../../core/errors.ts';
import type { At, FeedStart } from '../../core/requests.ts';
import { parseMoment } from '../../core/moments.ts';

export interface Parameter<T> {
  readonly name: `_${string}`;
  readonly description: string;
  /** JSON Schema of the value as text, for OpenAPI. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Throws `bad_parameter`, saying what is allowed. */
  readonly parse: (text: string) => T;
  readonly absent: T;
}

const refuse = (name: string, allowed: string): LarderError =>
  new LarderError('bad_parameter', `${name} must be ${allowed}`);

function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw refuse(name, `a whole number from ${least} to ${most}`);
}

/** A seq as clients spell it; null when it is none. 0 stands before the first event. */
export const parseSeq = (text: string): Seq | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);

function flag(name: `_${string}`, description: string): Parameter<boolean> {
  const parse = (text: string): boolean => {
    if (text === '1' || text === 'true') return true;
    if (text === '0' || text === 'false') return false;
    throw refuse(name, '1 or 0');
  };
  return { name, description, schema: { type: 'string', enum: ['1', '0', 'true', 'false'] }, parse, absent: false };
}

export const LIMIT: Parameter<number> = {
  name: '_limit',
  description:
    'Most items of one page, 1 to 1,000. A page of very large documents may hold fewer; `next` decides, not the count.',
  schema: { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
  parse: (text) => whole('_limit', text, 1, 1000),
  absent: 50,
};

export const CURSOR: Parameter<string | null> = {
  name: '_cursor',
  description: '`next` of the page before.',
  schema: { type: 'string' },
  parse: (text) => text,
  absent: null,
};

export const PREFIX: Parameter<string | null> = {
  name: '_prefix',
  description: 'Only ids that start with this, for example `eu/` for a folder.',
  schema: { type: 'string' },
  parse: (text) => text,
  absent: null,
};

export const META = flag('_meta', 'Adds `_meta` to each item: etag, seq, path, modified, actor, problem.');
export const DELETED = flag('_deleted', 'Lists what is gone instead, with time, actor and last seq.');
export const ATOMIC = flag('_atomic', 'One change set: all lines or none.');

export const AT: Parameter<At | null> = {
  name: '_at',
  description: 'What was served then: a seq, or an RFC 3339 time.',
  schema: { type: 'string' },
  parse: parseAt,
  absent: null,
};

function parseAt(text: string): At {
  const seq = parseSeq(text);
  if (seq !== null) return { seq };
  const timeMs = parseMoment(text);
  if (timeMs !== null) return { timeMs };
  throw refuse('_at', 'a seq or an RFC 3339 time such as 2026-01-31T12:00:00Z');
}

const seqOfVersion = (name: `_${string}`, description: string): Parameter<Seq | null> => ({
  name,
  description,
  schema: { type: 'integer', minimum: 0 },
  parse(text) {
    const seq = parseSeq(text);
    if (seq === null) throw refuse(name, 'the seq of a version, a number');
    return seq;
  },
  absent: null,
});

export const FROM = seqOfVersion(
  '_from',
  'The earlier version, by its seq; 0 is the time before the first. Without it the version before `_to`.',
);
export const TO = seqOfVersion('_to', 'The later version, by its seq. Without it the newest.');

export const SINCE: Parameter<FeedStart | null> = {
  name: '_since',
  description:
    'Events after this: a seq, `now`, or an RFC 3339 time. Without it a page starts at the beginning, a stream now.',
  schema: { type: 'string' },
  parse: (text) => (text === 'now' ? 'now' : parseSince(text, '_since')),
  absent: null,
};

function parseSince(text: string, name: string): FeedStart {
  const seq = parseSeq(text);
  if (seq !== null) return { since: seq };
  const timeMs = parseMoment(text);
  if (timeMs !== null) return { timeMs };
  throw refuse(name, 'a seq, now, or an RFC 3339 time such as 2026-01-31T12:00:00Z');
}

export const WAIT: Parameter<number> = {
  name: '_wait',
  description: 'Seconds to wait for the first event when there is none yet, 0 to 60.',
  schema: { type: 'integer', minimum: 0, maximum: 60, default: 0 },
  parse: (text) => whole('_wait', text, 0, 60),
  absent: 0,
};

export const LOG: Parameter<string | null> = {
  name: '_log',
  description: 'The `Larder-Log` that the client knows; another log answers must-refetch.',
  schema: { type: 'string' },
  parse: (text) => text,
  absent: null,
};

export const INCLUDE: Parameter<null> = {
  name: '_include',
  description: 'Reserved for `doc` and `diff`; refused until it is offered.',
  schema: { type: 'string' },
  parse: () => {
    throw new LarderError(
      'bad_parameter',
      '_include is not offered yet: fetch the document, or ?_at=SEQ for the version of an event',
    );
  },
  absent: null,
};
