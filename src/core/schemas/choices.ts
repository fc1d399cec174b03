/**
 * `anyOf`, `oneOf` and `propertyNames` for whoever explains a refusal. Ajv lists what is wrong with every branch; a person
 * meant one of them, and wants to know what is wrong with that one.
 */
import type {
  DataValidateFunction,
  DataValidationCxt,
  ErrorObject,
  FuncKeywordDefinition,
} from 'ajv/dist/types/index.js';
import { below } from '../json/pointer.ts';
import type { Inside } from './inside.ts';
import type { Schema } from './keywords.ts';

type PartialError = Partial<ErrorObject>;

export const choiceKeywords = (inside: Inside): FuncKeywordDefinition[] => [
  choice('anyOf', inside, (fitting) => fitting > 0),
  choice('oneOf', inside, (fitting) => fitting === 1),
  propertyNames(inside),
];

function choice(keyword: string, inside: Inside, enough: (fitting: number) => boolean): FuncKeywordDefinition {
  return {
    keyword,
    schemaType: 'array',
    compile(branches: readonly Schema[]) {
      const validate: DataValidateFunction = (value: unknown, context) => {
        const refusals = branches.map((branch) => errorsOf(inside, branch, value, context));
        const fitting = refusals.flatMap((errors, index) => (errors === null ? [index] : []));
        if (enough(fitting.length)) return true;
        const refused = refusals.filter((errors) => errors !== null);
        validate.errors =
          fitting.length > 0
            ? [
                {
                  keyword,
                  params: { fitting },
                },
              ]
            : closest(keyword, refused, context);
        return false;
      };
      return validate;
    },
  };
}

const errorsOf = (
  inside: Inside,
  schema: Schema,
  value: unknown,
  context?: DataValidationCxt,
): ErrorObject[] | null => {
  const judge = inside.judgeOf(schema);
  return judge(value, context) ? null : [...(judge.errors ?? [])];
};

/** What is wrong with the branch that was clearly meant; otherwise what all of them expect at one place; otherwise little. */
function closest(keyword: string, refused: readonly ErrorObject[][], context?: DataValidationCxt): PartialError[] {
  const here = context?.instancePath ?? '';
  const distances = refused.map((errors) => distanceOf(errors, here));
  const least = Math.min(...distances);
  const [meant, ...others] = refused.filter((_, index) => distances[index] === least);
  if (meant !== undefined && others.length === 0) return meant;
  const shared = sharedPlace(refused);
  if (shared === undefined) return [{ keyword, params: { branches: refused.length } }];
  const expected = refused.flatMap((errors) => errors.filter((error) => expects(error, shared)));
  return [{ keyword, instancePath: shared, params: { expected } }];
}

/** What tells branches apart: the value's own type, then constants in its members, then which members it has. */
function distanceOf(errors: readonly ErrorObject[], here: string): number {
  return errors.reduce((sum, { keyword, instancePath }) => {
    const isTelling = TELLING.has(keyword);
    if (instancePath === here && isTelling) return sum + 10_000;
    if (keyword === 'required' && instancePath === here) return sum + 1;
    const isMember = instancePath.startsWith(`${here}/`) && !instancePath.includes('/', here.length + 1);
    return isMember && isTelling && keyword !== 'type' ? sum + 100 : sum;
  }, 0);
}

const TELLING: ReadonlySet<string> = new Set(['type', 'const', 'enum']);

const expects = ({ keyword, instancePath }: ErrorObject, place: string): boolean =>
  instancePath === place && TELLING.has(keyword);

/** A place at which every branch expects some value or type. */
const sharedPlace = (refused: readonly ErrorObject[][]): string | undefined =>
  refused[0]
    ?.map(({ instancePath }) => instancePath)
    .find((place) => refused.every((errors) => errors.some((error) => expects(error, place))));

function propertyNames(inside: Inside): FuncKeywordDefinition {
  const keyword = 'propertyNames';
  return {
    keyword,
    type: 'object',
    schemaType: ['object', 'boolean'],
    compile(schema: Schema) {
      const validate: DataValidateFunction = (value: object, context) => {
        const errors = Object.keys(value).flatMap((name) => {
          const reasons = errorsOf(inside, schema, name);
          return reasons === null
            ? []
            : [
                {
                  keyword,
                  instancePath: below(context?.instancePath ?? '', name),
                  params: {
                    name,
                    reasons,
                  },
                },
              ];
        });
        validate.errors = errors;
        return errors.length === 0;
      };
      return validate;
    },
  };
}
