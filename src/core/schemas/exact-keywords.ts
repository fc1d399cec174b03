/** Keywords that Ajv judges by doubles, by comparing each with each, or by what a document says; judged exactly here. */
import { _, type CodeKeywordDefinition } from 'ajv';
import { firstRepetition, membershipOf } from './equality.ts';
import { isMultipleOf } from './multiples.ts';

type Test = (value: never) => boolean;

/** A call compiled into Ajv's code, without the context object that its own function keywords are given each time. */
function testing(
  keyword: string,
  type: CodeKeywordDefinition['type'],
  schemaType: CodeKeywordDefinition['schemaType'],
  makeTest: (schema: unknown) => Test,
): CodeKeywordDefinition {
  return {
    keyword,
    ...(type === undefined ? {} : { type }),
    ...(schemaType === undefined ? {} : { schemaType }),
    code(cxt) {
      const test = cxt.gen.scopeValue('func', { ref: makeTest(cxt.schema) });
      cxt.fail(_`!${test}(${cxt.data})`);
    },
    error: { message: keyword, params: ({ schemaCode }) => _`{limit: ${schemaCode}}` },
  };
}

export const EXACT_KEYWORDS: readonly CodeKeywordDefinition[] = [
  testing('const', undefined, undefined, (allowed) => membershipOf([allowed])),
  testing('enum', undefined, 'array', (allowed) => membershipOf(allowed as unknown[])),
  testing('multipleOf', 'number', 'number', (divisor) => (value: number) => isMultipleOf(value, divisor as number)),
  testing(
    'uniqueItems',
    'array',
    'boolean',
    (wanted) => (items: readonly unknown[]) => wanted !== true || firstRepetition(items) === null,
  ),
];
