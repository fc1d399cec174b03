/** The id of a document that is POSTed: `_id` in the body, the schema's rule, `id` in the body, or a new UUIDv7 (API.md). */
import { v7 as uuidv7 } from 'uuid';
import { LarderError } from '../core/errors.ts';
import { withoutMember } from '../core/json/edit-text.ts';
import { readJson } from '../core/json/read-json.ts';
import { documentRef } from '../core/url-paths.ts';
import type { DocumentRef } from '../core/refs.ts';
import type { World } from '../reconciler/world.ts';

interface NewDocument {
  readonly ref: DocumentRef;
  /** The body without `_id`. */
  readonly body: Uint8Array;
}

export function nameNewDocument(world: World, collection: string, body: Uint8Array): NewDocument {
  const read = readJson(body);
  if (read.kind === 'invalid')
    throw new LarderError('bad_json', read.faults[0]?.detail ?? 'not a JSON object', { errors: read.faults });
  const value = read.value as Readonly<Record<string, unknown>>;
  const id = idOf(world, collection, value);
  const text = Object.hasOwn(value, '_id') ? withoutMember(read.text, '_id') : read.text;
  return { ref: documentRef(collection, id), body: new TextEncoder().encode(text) };
}

function idOf(world: World, collection: string, value: Readonly<Record<string, unknown>>): string {
  if (Object.hasOwn(value, '_id')) return textId(value['_id'], '_id');
  const rule = world.schemas.inForce(collection)?.schema.settings.id;
  if (rule !== undefined) return byRule(world, rule, value);
  return typeof value['id'] === 'string' && value['id'] !== '' ? value['id'] : newUuid(world);
}

function textId(value: unknown, member: string): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new LarderError('bad_name', `${member} must be text to serve as an id`, {
    errors: [{ code: 'bad_id', detail: 'not text', pointer: `/${member}` }],
  });
}

/** `uuidv7`, `slug:FIELD` or `field:FIELD` of x-larder. */
function byRule(world: World, rule: string, value: Readonly<Record<string, unknown>>): string {
  const [kind, field = ''] = rule.split(':', 2);
  if (kind === 'uuidv7') return newUuid(world);
  const text = textId(value[field], field);
  return kind === 'slug' ? slugOf(text) : text;
}

const LONGEST_SLUG = 80;

/** Lower case, words joined by hyphens, accents taken off where Unicode lets them. */
function slugOf(text: string): string {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const slug = plain
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .normalize('NFC');
  if (slug === '') throw new LarderError('bad_name', `no id can be made from ${JSON.stringify(text.slice(0, 40))}`);
  return slug.slice(0, LONGEST_SLUG).replace(/-+$/, '');
}

const newUuid = (world: World): string => uuidv7({ msecs: world.clock.nowMs(), random: world.random(16) });
