/** From a record's bytes to what is written: an object with an id that may stand, or the reason why not. */
import { LarderError } from '../core/errors.ts';
import { withoutMember } from '../core/json/edit-text.ts';
import { readJson } from '../core/json/read-json.ts';
import type { JsonObject, JsonValue } from '../core/json/value.ts';
import { documentRef } from '../core/url-paths.ts';
import type { ImportItem, RawRecord, Refusal } from './import-types.ts';

export interface IdRule {
  readonly collection: string;
  /** `--id`: the member whose value is the id. */
  readonly field: string | null;
  /** The collection's schema says how ids are made (`x-larder.id`): the writing side applies it. */
  readonly bySchema: boolean;
}

export type ItemOrRefusal =
  | { readonly kind: 'item'; readonly where: string; readonly item: ImportItem }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function itemOf(record: RawRecord, rule: IdRule): ItemOrRefusal {
  if (record.kind === 'broken') return refused(record.where, null, record.code, record.detail);
  const read = readJson(record.bytes);
  if (read.kind === 'invalid') return refusedJson(record, read.faults[0]);
  return withId(record.where, textOf(read), chooseId(record.key, read.value, rule), rule);
}

const refused = (where: string, id: string | null, code: string, detail: string): ItemOrRefusal => ({
  kind: 'refused',
  refusal: { where, id, code, detail },
});

/** The fault counts its lines from the record's first. */
function refusedJson(
  record: Extract<RawRecord, { kind: 'bytes' }>,
  fault:
    | { readonly code: string; readonly detail: string; readonly line?: number; readonly column?: number }
    | undefined,
): ItemOrRefusal {
  const { code = 'bad_json', detail = 'not JSON', line = 1, column } = fault ?? {};
  const file = record.where.replace(/:\d+$/, '');
  const where = column === undefined ? record.where : `${file}:${record.line + line - 1}:${column}`;
  return refused(where, record.key, code, detail);
}

/** `_id` names a document and is no member of it, as in POST. */
const textOf = ({ text, value }: { readonly text: string; readonly value: JsonObject }): string =>
  Object.hasOwn(value, '_id') ? withoutMember(text, '_id') : text;

type ChosenId = { readonly id: string | null } | { readonly wrong: string };

/** `--id` beats the key or file name, that beats `_id`; then the schema's rule; then `id`. */
function chooseId(key: string | null, value: JsonObject, { field, bySchema }: IdRule): ChosenId {
  if (field !== null)
    return (
      idFrom(value, field) ?? { wrong: `there is no text or whole number in ${JSON.stringify(field)} to take as id` }
    );
  if (key !== null) return { id: key };
  if (Object.hasOwn(value, '_id')) return idFrom(value, '_id') ?? { wrong: '_id is neither text nor a whole number' };
  if (bySchema) return { id: null };
  return idFrom(value, 'id') ?? { id: null };
}

function idFrom(value: JsonObject, field: string): { readonly id: string } | null {
  const found: JsonValue | undefined = Object.hasOwn(value, field) ? value[field] : undefined;
  if (typeof found === 'string') return { id: found };
  return typeof found === 'number' && Number.isSafeInteger(found) ? { id: String(found) } : null;
}

function withId(where: string, text: string, chosen: ChosenId, { collection }: IdRule): ItemOrRefusal {
  if ('wrong' in chosen) return refused(where, null, 'no_id', chosen.wrong);
  try {
    if (chosen.id !== null) documentRef(collection, chosen.id);
    return { kind: 'item', where, item: { id: chosen.id, text } };
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    return refused(where, chosen.id, error.code, error.message);
  }
}
