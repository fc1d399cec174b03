import type { DataValidateFunction, FuncKeywordDefinition } from 'ajv/dist/types/index.js';
import type { Inside } from './inside.ts';
import type { Schema, SchemaObject } from './keywords.ts';

/**
 * `contains` with its two limits. Ajv's own is passed over for an empty array beside `prefixItems`, so that `[]` contains
 * whatever is asked; for the same reason this one is judged before those.
 */
export const containsKeyword = (inside: Inside): FuncKeywordDefinition => ({
  keyword: 'contains',
  type: 'array',
  schemaType: ['object', 'boolean'],
  before: 'prefixItems',
  compile(schema: Schema, parent: SchemaObject) {
    const [least, most] = [limit(parent, 'minContains', 1), limit(parent, 'maxContains', Infinity)];
    const validate: DataValidateFunction = (items: readonly unknown[]) => {
      const judge = inside.judgeOf(schema);
      const found = items.reduce<number>((count, item) => (judge(item) ? count + 1 : count), 0);
      validate.errors = [
        {
          keyword: 'contains',
          params: {
            least,
            most,
            found,
          },
        },
      ];
      return found >= least && found <= most;
    };
    return validate;
  },
});

const limit = (schema: SchemaObject, keyword: string, otherwise: number): number => {
  const value = schema[keyword];
  return typeof value === 'number' ? value : otherwise;
};
