/** `x-larder` in `_schema.json`: how Larder treats a collection beyond judging it (API.md). */
import * as z from 'zod';
import { nearestName } from '../../util/nearest-name.ts';
import { formatPointer } from '../json/pointer.ts';
import { invalid, type Finding } from './findings.ts';
import { isObject } from './keywords.ts';

const field = z.string({ error: 'must be the name of a field' }).min(1, 'must name a field');
const fields = z.array(field, { error: 'must be a list of fields' }).min(1, 'must name at least one field');

const reaction = <const T extends string>(...words: readonly [T, ...T[]]) =>
  z.enum(words, { error: `must be one of ${words.map((word) => JSON.stringify(word)).join(', ')}` }).optional();

const reference = z.strictObject({
  to: z.string('must be "namespace/collection"').regex(/^[^/]+\/[^/]+$/, 'must be "namespace/collection"'),
  onDelete: reaction('restrict', 'setNull', 'cascade', 'mark'),
  onMissing: reaction('mark', 'refuse'),
});

const positive = z.int('must be a whole number').min(1, 'must be at least 1');

const chunk = z
  .strictObject({ tokens: positive, overlap: z.int('must be a whole number').min(0, 'must be at least 0').optional() })
  .refine(({ tokens, overlap = 0 }) => overlap < tokens, { path: ['overlap'], error: 'must be less than tokens' });

const ID_RULE = 'must be "uuidv7", "slug:FIELD" or "field:FIELD"';
const KEEP = 'must be "all", "staggered" or a number of days such as "90d"';
const LANGUAGE = 'must be a language tag such as "en"';
const INDEX = 'must be a field, or a list of fields';

const xLarder = z.strictObject({
  id: z
    .string(ID_RULE)
    .regex(/^(?:uuidv7|(?:slug|field):.+)$/, ID_RULE)
    .optional(),
  /** Each a field, or fields in their order; `-` before a field is descending. */
  indexes: z.array(z.union([field, fields], { error: INDEX }), { error: 'must be a list' }).optional(),
  unique: fields.optional(),
  references: z.record(z.string(), reference, { error: 'must be an object of references by field' }).optional(),
  search: z
    .record(z.string(), z.number('must be a weight').positive('must be greater than 0'), {
      error: 'must be an object of weights by field',
    })
    .optional(),
  language: z
    .string(LANGUAGE)
    .regex(/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, LANGUAGE)
    .optional(),
  embed: z
    .strictObject({
      fields,
      template: z.string().optional(),
      embedder: z.string().min(1).optional(),
      chunk: chunk.optional(),
    })
    .optional(),
  records: z.strictObject({ text: field, id: field.optional(), embedding: field.optional() }).optional(),
  history: z.strictObject({ keep: z.string(KEEP).regex(/^(?:all|staggered|[1-9]\d{0,4}d)$/, KEEP) }).optional(),
});

export type XLarder = Readonly<z.output<typeof xLarder>>;

export type ReadXLarder =
  | { readonly kind: 'settings'; readonly settings: XLarder }
  | { readonly kind: 'broken'; readonly findings: readonly Finding[] };

/** The settings of a schema; none of them where it has no `x-larder`. Pointers are those of the schema's text. */
export function readXLarder(schema: unknown): ReadXLarder {
  if (!isObject(schema) || !Object.hasOwn(schema, 'x-larder')) return { kind: 'settings', settings: {} };
  const read = xLarder.safeParse(schema['x-larder']);
  if (read.success) return { kind: 'settings', settings: read.data };
  return { kind: 'broken', findings: read.error.issues.flatMap(findingsOf) };
}

function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  const path = ['x-larder', ...issue.path.map(String)];
  if (issue.code !== 'unrecognized_keys') return [invalid('x_larder_value', formatPointer(path), issue.message)];
  const known = namesAt(xLarder, issue.path);
  return issue.keys.map((key) => {
    const near = nearestName(key, known);
    const hint = near === null ? `known are ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`;
    return invalid(
      'x_larder_unknown',
      formatPointer([...path, key]),
      `unknown setting ${JSON.stringify(key)}; ${hint}`,
    );
  });
}

/** The names that an object of the settings may have. */
function namesAt(type: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const [step, ...rest] = path;
  if (type instanceof z.ZodOptional) return namesAt(type.unwrap(), path);
  if (type instanceof z.ZodRecord) return namesAt(type.valueType, rest);
  if (!(type instanceof z.ZodObject)) return [];
  return step === undefined ? Object.keys(type.shape) : namesAt(type.shape[String(step)], rest);
}
