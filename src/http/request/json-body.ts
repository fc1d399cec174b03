/** Bodies that say what to do, as opposed to documents: a JSON object of known members. */
import type { z, ZodObject } from 'zod';
import { LarderError } from '../../core/errors.ts';
import { formatPointer } from '../../core/json/pointer.ts';
import { readJson } from '../../core/json/read-json.ts';
import { nearestName } from '../../util/nearest-name.ts';

/** Throws `bad_json`, and `bad_request` with the nearest known name or a pointer to what is wrong. */
export function parseBody<T extends ZodObject>(bytes: Uint8Array, shape: T): z.infer<T> {
  const read = readJson(bytes);
  if (read.kind === 'invalid')
    throw new LarderError('bad_json', read.faults[0]?.detail ?? 'not a JSON object', { errors: read.faults });
  const known = Object.keys(shape.shape);
  for (const key of Object.keys(read.value)) if (!known.includes(key)) throw unknownMember(key, known);
  const parsed = shape.safeParse(read.value, { error: sayIssue });
  if (parsed.success) return parsed.data;
  const errors = firstOfEach(parsed.error.issues).map(([pointer, detail]) => ({ code: 'bad_member', detail, pointer }));
  throw new LarderError('bad_request', `${errors[0]?.pointer} ${errors[0]?.detail}`.trim(), { errors });
}

/** A value of a wrong type is told once, not by every check that it fails. */
function firstOfEach(issues: readonly z.core.$ZodIssue[]): [pointer: string, detail: string][] {
  const details = new Map<string, string>();
  for (const { path, message } of issues) {
    const pointer = formatPointer(path.map(String));
    if (!details.has(pointer)) details.set(pointer, message);
  }
  return [...details];
}

function unknownMember(key: string, known: readonly string[]): LarderError {
  const nearest = nearestName(key, known);
  const hint = nearest === null ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
  const detail = `${JSON.stringify(key.slice(0, 100))} is not known here; ${hint}`;
  const pointer = formatPointer([key.slice(0, 100)]);
  return new LarderError('bad_request', detail, { errors: [{ code: 'unknown_member', detail, pointer }] });
}

type Issue = z.core.$ZodRawIssue;

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
};

/** Where a shape does not say itself what a member must be. */
function sayIssue(issue: Issue): string {
  if (issue.code !== 'invalid_type') return 'has another form than this takes';
  return issue.input === undefined ? 'is needed' : `must be ${EXPECTED[issue.expected] ?? issue.expected}`;
}
