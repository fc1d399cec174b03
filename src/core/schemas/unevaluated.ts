/**
 * `unevaluatedProperties` and `unevaluatedItems` (JSON Schema 2020-12 core §11), counted as the specification says: from
 * what the schema, and everything in place in it that the value fits, have looked at. Ajv counts while it compiles: it
 * leaves out `contains` and half an `if`, and its code for some schemas throws.
 */
import type {
  DataValidateFunction,
  DataValidationCxt,
  ErrorObject,
  FuncKeywordDefinition,
} from 'ajv/dist/types/index.js';
import { below } from '../json/pointer.ts';
import type { Container, Inside } from './inside.ts';
import { isObject, isSchema, type Schema, type SchemaObject } from './keywords.ts';

/** `atMost`: how many refusals are named. */
export const unevaluatedKeywords = (inside: Inside, atMost: number): FuncKeywordDefinition[] => [
  unevaluated('unevaluatedProperties', 'object', inside, atMost),
  unevaluated('unevaluatedItems', 'array', inside, atMost),
];

function unevaluated(keyword: string, type: 'object' | 'array', inside: Inside, atMost: number): FuncKeywordDefinition {
  return {
    keyword,
    type,
    schemaType: ['object', 'boolean'],
    compile(schema: Schema, { [keyword]: _itself, ...neighbours }: SchemaObject) {
      const validate: DataValidateFunction = (value: Container, context) => {
        const errors: Partial<ErrorObject>[] = [];
        const seen = lookedAt(neighbours, value, inside);
        for (const name of Object.keys(value)) {
          if (!seen.has(name) && errors.length < atMost) errors.push(...refusals(schema, value, name, context));
        }
        validate.errors = errors;
        return errors.length === 0;
      };
      return validate;
    },
  };

  function refusals(
    schema: Schema,
    value: Container,
    name: string,
    context?: DataValidationCxt,
  ): Partial<ErrorObject>[] {
    const instancePath = below(context?.instancePath ?? '', name);
    if (schema === false) return [{ keyword, instancePath, params: { [keyword]: name }, message: 'is not allowed' }];
    const judge = inside.judgeOf(schema);
    if (judge(value[name], { ...place(value, name, context), instancePath })) return [];
    return judge.errors ?? [];
  }
}

const place = (parentData: Container, parentDataProperty: string, context?: DataValidationCxt): DataValidationCxt => ({
  instancePath: '',
  parentData,
  parentDataProperty,
  dynamicAnchors: {},
  rootData: context?.rootData ?? parentData,
});

/** Names of members, or positions of items. */
function lookedAt(schema: Schema, value: Container, inside: Inside): Set<string> {
  if (typeof schema === 'boolean') return new Set();
  const own = Array.isArray(value) ? itemsLookedAt(schema, value, inside) : membersLookedAt(schema, value, inside);
  const inPlace = schemasInPlace(schema, value, inside).map((inner) => lookedAt(inner, value, inside));
  return new Set([own, ...inPlace].flatMap((names) => [...names]));
}

const REST_OF_MEMBERS = ['additionalProperties', 'unevaluatedProperties'];
const REST_OF_ITEMS = ['items', 'unevaluatedItems'];

function membersLookedAt(schema: SchemaObject, value: Container, inside: Inside): string[] {
  const names = Object.keys(value);
  if (REST_OF_MEMBERS.some((keyword) => keyword in schema)) return names;
  const [properties, patterns] = [objectAt(schema, 'properties'), Object.keys(objectAt(schema, 'patternProperties'))];
  return names.filter(
    (name) => Object.hasOwn(properties, name) || patterns.some((pattern) => inside.matches(pattern, name)),
  );
}

function itemsLookedAt(schema: SchemaObject, items: readonly unknown[], inside: Inside): string[] {
  const positions = Object.keys(items);
  if (REST_OF_ITEMS.some((keyword) => keyword in schema)) return positions;
  const prefix = listAt(schema, 'prefixItems').length;
  const wanted = schema['contains'];
  const contains = isSchema(wanted) ? inside.judgeOf(wanted) : null;
  return positions.filter((position) => Number(position) < prefix || contains?.(items[Number(position)]) === true);
}

/** The schemas that judge the same value and that it fits. Where one must be fit anyway, it is not asked again. */
function schemasInPlace(schema: SchemaObject, value: Container, inside: Inside): Schema[] {
  const present = (keyword: string): Schema[] =>
    Object.entries(objectAt(schema, keyword)).flatMap(([name, inner]) =>
      Object.hasOwn(value, name) && isSchema(inner) ? [inner] : [],
    );
  const branches = [...listAt(schema, 'anyOf'), ...listAt(schema, 'oneOf')].filter(isSchema);
  return [
    ...(typeof schema['$ref'] === 'string' ? [inside.follow(schema['$ref'])] : []),
    ...listAt(schema, 'allOf').filter(isSchema),
    ...branches.filter((branch) => inside.fits(branch, value)),
    ...chosen(schema, value, inside),
    ...(Array.isArray(value) ? [] : [...present('dependentSchemas'), ...present('dependencies')]),
  ];
}

function chosen(schema: SchemaObject, value: Container, inside: Inside): Schema[] {
  const { if: condition, then, else: otherwise } = schema;
  if (!isSchema(condition)) return [];
  const met = inside.fits(condition, value);
  return (met ? [condition, then] : [otherwise]).filter(isSchema);
}

const objectAt = (schema: SchemaObject, keyword: string): SchemaObject => {
  const value = schema[keyword];
  return isObject(value) ? value : {};
};

const listAt = (schema: SchemaObject, keyword: string): readonly unknown[] => {
  const value = schema[keyword];
  return Array.isArray(value) ? value : [];
};
