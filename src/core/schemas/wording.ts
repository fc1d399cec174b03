/** What a refused value must be, in words that a person who edits the file understands without the schema at hand. */
import type { ErrorObject } from 'ajv';
import { nearestName } from '../../util/nearest-name.ts';
import { firstRepetition } from './equality.ts';
import { isObject } from './keywords.ts';

/** A constant or a pattern may be long; a sentence may not. */
const SHOWN_LENGTH = 80;
const SHOWN_VALUES = 20;

type Params = Readonly<Record<string, unknown>>;
type Wording = (params: Params, error: ErrorObject) => string;

export const detailOf = (error: ErrorObject): string =>
  (WORDINGS.get(error.keyword) ?? fallback)(error.params as Params, error);

const fallback: Wording = (_params, { keyword, message }) => message ?? `does not fit ${keyword}`;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
};

const bound =
  (words: string, unit = ''): Wording =>
  ({ limit }) =>
    `must ${words} ${shown(limit)}${counted(limit, unit)}`;

const counted = (limit: unknown, unit: string): string => (unit === '' ? '' : ` ${limit === 1 ? unit : plural(unit)}`);

const plural = (unit: string): string => (unit === 'property' ? 'properties' : `${unit}s`);

const withArticle = (type: string): string => (type === 'null' ? type : `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`);

const types = (type: unknown): string =>
  [type]
    .flat()
    .map((name) => withArticle(String(name)))
    .join(' or ');

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

function oneOfThese(values: readonly string[]): string {
  const few = [...new Set(values)].slice(0, SHOWN_VALUES);
  const more = values.length > few.length && few.length === SHOWN_VALUES ? ', …' : '';
  return few.length === 1 ? `must be ${few[0]}` : `must be one of ${few.join(', ')}${more}`;
}

/** The value of the keyword itself, as `verbose` errors carry it. */
const listed = ({ schema }: ErrorObject): readonly unknown[] => (Array.isArray(schema) ? schema : []);

const expectation = (error: ErrorObject): string[] => {
  if (error.keyword === 'enum') return listed(error).map(shown);
  return [error.keyword === 'const' ? shown(error.schema) : types((error.params as Params)['type'])];
};

const unknownName = (params: Params, { keyword, parentSchema }: ErrorObject): string => {
  const name = String(params['additionalProperty'] ?? params[keyword]);
  const known = isObject(parentSchema?.['properties']) ? Object.keys(parentSchema['properties']) : [];
  const near = nearestName(name, known);
  return `unknown property ${shown(name)}${near === null ? '' : `; did you mean ${shown(near)}?`}`;
};

function repeated({ data }: ErrorObject): string {
  const pair = Array.isArray(data) ? firstRepetition(data) : null;
  return pair === null ? 'must not hold equal items' : `must not hold equal items, ${pair[0]} and ${pair[1]} are`;
}

function amount({ least, most, found }: Params): string {
  const wanted = Number(found) < Number(least) ? `at least ${String(least)}` : `at most ${String(most)}`;
  return `must hold ${wanted} of the items that its schema asks for, holds ${String(found)}`;
}

const branches: Wording = ({ expected, fitting, branches: count }) => {
  if (Array.isArray(expected)) return oneOfThese((expected as ErrorObject[]).flatMap(expectation));
  if (!Array.isArray(fitting)) return `fits none of the ${String(count)} forms that are allowed here`;
  return `must fit exactly one of the forms that are allowed here, fits ${fitting.length}`;
};

const badName: Wording = ({ name, reasons }) => {
  const [reason] = Array.isArray(reasons) ? (reasons as ErrorObject[]) : [];
  return `the name ${shown(name)} is not allowed${reason === undefined ? '' : `: ${detailOf(reason)}`}`;
};

const WORDINGS: ReadonlyMap<string, Wording> = new Map<string, Wording>([
  [
    'type',
    ({ type }, { data }) => `must be ${types(type)}${data === undefined ? '' : `, is ${withArticle(typeOf(data))}`}`,
  ],
  ['const', (_params, error) => oneOfThese(expectation(error))],
  [
    'enum',
    (_params, error) => (listed(error).length === 0 ? 'no value is allowed here' : oneOfThese(expectation(error))),
  ],
  ['minimum', bound('be at least')],
  ['maximum', bound('be at most')],
  ['exclusiveMinimum', bound('be greater than')],
  ['exclusiveMaximum', bound('be less than')],
  ['multipleOf', bound('be a multiple of')],
  ['minLength', bound('have at least', 'character')],
  ['maxLength', bound('have at most', 'character')],
  ['minItems', bound('have at least', 'item')],
  ['maxItems', bound('have at most', 'item')],
  ['minProperties', bound('have at least', 'property')],
  ['maxProperties', bound('have at most', 'property')],
  ['pattern', ({ pattern }) => `must match the pattern ${shown(pattern)}`],
  ['format', ({ format }) => `must be a valid ${String(format)}`],
  ['required', ({ missingProperty }) => `must have the property ${shown(missingProperty)}`],
  [
    'dependentRequired',
    ({ missingProperty, property }) => `must have ${shown(missingProperty)}, because it has ${shown(property)}`,
  ],
  ['additionalProperties', unknownName],
  ['unevaluatedProperties', unknownName],
  ['unevaluatedItems', () => 'one item more than is allowed'],
  ['uniqueItems', (_params, error) => repeated(error)],
  ['contains', amount],
  ['propertyNames', badName],
  ['anyOf', branches],
  ['oneOf', branches],
  ['not', () => 'has a form that is not allowed here'],
  ['false schema', () => 'is not allowed here'],
]);
