import type { ValidateFunction } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import type { JudgeRun } from './judge-run.ts';
import { isSchema, type Schema } from './keywords.ts';
import { readPattern, type LinearPattern } from './regular-expressions.ts';

/** An object or an array, by its members' names or its items' positions. */
export type Container = Readonly<Record<string, unknown>>;

/** Judging by a schema inside the one that Ajv was given, for keywords that are ours. Compiled at its first use. */
export interface Inside {
  judgeOf(schema: Schema): ValidateFunction;
  /** As `judgeOf`, but asked once for each schema and value in a run. */
  fits(schema: Schema, value: Container): boolean;
  follow(reference: string): Schema;
  matches(pattern: string, name: string): boolean;
}

export function insideOf(ajv: Ajv2020, run: JudgeRun): Inside {
  const patterns = new Map<string, LinearPattern>();
  const judgeOf = (schema: Schema): ValidateFunction => ajv.compile(schema);
  return {
    judgeOf,
    fits: (schema, value) =>
      typeof schema === 'boolean' ? schema : run.fits(schema, value, (judged) => judgeOf(schema)(judged)),
    follow(reference) {
      const schema = ajv.getSchema(reference)?.schema;
      return isSchema(schema) ? schema : true;
    },
    matches(pattern, name) {
      const compiled = patterns.get(pattern) ?? compilePattern(pattern);
      patterns.set(pattern, compiled);
      return compiled.test(name);
    },
  };
}

/** For a schema whose patterns were read before. */
export function compilePattern(source: string): LinearPattern {
  const reading = readPattern(source);
  if (reading.kind !== 'pattern') throw new Error(`the pattern ${JSON.stringify(source)} ${reading.detail}`);
  return reading.pattern;
}
