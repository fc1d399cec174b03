import { LarderError } from '../errors.ts';
import type { JsonObject } from './value.ts';

/**
 * The id that a new document's body names (API.md, POST): `_id`, else what the schema's id rule makes of it, else `id` if
 * it is text. Null: the caller mints one. `_id` does not belong to the document: `withoutMember` takes it out. Throws
 * `bad_name` when `_id` is no text.
 */
export function idOfBody(value: JsonObject, byRule: (value: JsonObject) => string | null = () => null): string | null {
  const own = value['_id'];
  if (typeof own === 'string') return own;
  if (own !== undefined) {
    throw new LarderError('bad_name', '_id is text', {
      errors: [{ code: 'id_not_text', detail: '_id is text', pointer: '/_id' }],
    });
  }
  const id = value['id'];
  return byRule(value) ?? (typeof id === 'string' ? id : null);
}
