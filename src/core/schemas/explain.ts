/**
 * Why a value was refused: a second compilation of the schema that looks for every error, made when the first document is
 * refused. It never decides; the verdict has been given.
 */
import type { ErrorObject } from 'ajv';
import { countingErrors, openAjv } from './ajv.ts';
import { choiceKeywords } from './choices.ts';
import { containsKeyword } from './contains.ts';
import { JudgeRun } from './judge-run.ts';
import type { Linked } from './references.ts';
import { unevaluatedKeywords } from './unevaluated.ts';
import { compileWith, unlessExhausted } from './verdict.ts';

/** Gives every error, or null where there may be too many to hold. */
export type Explain = (value: unknown) => readonly ErrorObject[] | null;

const MAX_ERRORS = 20_000;

export function compileExplanation(linked: Linked): Explain {
  const run = new JudgeRun();
  const ajv = openAjv({
    errors: 'all',
    run,
    stepKeyword: countingErrors(run),
    keywords: (inside) => [
      containsKeyword(inside),
      ...choiceKeywords(inside),
      ...unevaluatedKeywords(inside, MAX_ERRORS),
    ],
  });
  const validate = compileWith(ajv, linked, 'schemas');
  return (value) =>
    unlessExhausted(() => {
      run.start(MAX_ERRORS);
      return validate(value) ? [] : (validate.errors ?? []).filter(({ keyword }) => !SAID_OTHERWISE.has(keyword));
    });
}

/** Keywords that only repeat that something inside them, which is listed itself, is wrong. */
const SAID_OTHERWISE: ReadonlySet<string> = new Set(['if']);
