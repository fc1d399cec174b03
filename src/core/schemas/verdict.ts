/** Whether a value fits a schema: the hot path, run for every document that changes. */
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import { assert } from '../../util/assert.ts';
import { countingSteps, openAjv } from './ajv.ts';
import { containsKeyword } from './contains.ts';
import type { Inside } from './inside.ts';
import { judgedForm } from './judged-form.ts';
import { GRANTED_STEPS, JudgeRun, stepsFor, TooManySteps } from './judge-run.ts';
import { linkedMetaSchema } from './meta-schema.ts';
import { META_SCHEMA, type Linked } from './references.ts';
import { unevaluatedKeywords } from './unevaluated.ts';

/** `too-costly`: it was not judged to the end. */
type Verdict =
  | { readonly kind: 'fits' }
  | { readonly kind: 'refused'; readonly errors: readonly ErrorObject[] }
  | { readonly kind: 'too-costly' };

/** Judges a JSON value, which it never changes. */
export type Judge = (value: unknown) => Verdict;

/** The name that a schema is given, whatever its `$id` says. */
const SCHEMA = 'larder:schema';

const FITS: Verdict = { kind: 'fits' };

/** Throws where Ajv cannot compile the schema. Cost: some 10 ms for an ordinary one, some 100 ms for the first. */
export function compileVerdict(linked: Linked): Judge {
  const run = new JudgeRun();
  const keywords = (inside: Inside) => [containsKeyword(inside), ...unevaluatedKeywords(inside, 1)];
  const ajv = openAjv({ errors: 'first', run, stepKeyword: countingSteps(run), keywords });
  const validate = compileWith(ajv, linked, 'definitions');
  const judge = (value: unknown, steps: number): Verdict => {
    run.start(steps);
    return validate(value) ? FITS : { kind: 'refused', errors: validate.errors ?? [] };
  };
  return (value) =>
    unlessExhausted(() => judge(value, GRANTED_STEPS)) ??
    unlessExhausted(() => judge(value, stepsFor(value))) ?? { kind: 'too-costly' };
}

export function compileWith(ajv: Ajv2020, linked: Linked, stepsIn: 'definitions' | 'schemas'): ValidateFunction {
  if ([...linked.targetByPlace.values()].includes(META_SCHEMA)) {
    ajv.addSchema(judgedForm(linkedMetaSchema(), META_SCHEMA, stepsIn));
  }
  // By its name, so that keywords of ours find its definitions.
  const validate = ajv.addSchema(judgedForm(linked, SCHEMA, stepsIn)).getSchema(SCHEMA);
  assert(validate !== undefined, 'a schema that was added can be got');
  return validate;
}

/** Null when the steps, or the stack, ran out. */
export function unlessExhausted<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof TooManySteps || error instanceof RangeError) return null;
    throw error;
  }
}
