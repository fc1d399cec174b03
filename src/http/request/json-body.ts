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
  const parsed = shape.safeParse(read.value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    code: 'bad_member',
    detail: message,
    pointer: formatPointer(path.map(String)),
  }));
  throw new LarderError('bad_request', `${errors[0]?.pointer} ${errors[0]?.detail}`.trim(), { errors });
}

function unknownMember(key: string, known: readonly string[]): LarderError {
  const nearest = nearestName(key, known);
  const hint = nearest === null ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
  return new LarderError('bad_request', `${JSON.stringify(key.slice(0, 100))} is not known here; ${hint}`);
}
