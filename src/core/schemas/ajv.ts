/** The one way in which Ajv is set up: it judges, it never fetches, writes back, logs or obeys anything beyond 2020-12. */
import { _, type CodeKeywordDefinition, type KeywordDefinition } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EXACT_KEYWORDS } from './exact-keywords.ts';
import { FORMATS } from './formats.ts';
import { compilePattern, insideOf, type Inside } from './inside.ts';
import { STEP } from './judged-form.ts';
import type { JudgeRun } from './judge-run.ts';

interface Setting {
  /** `first`: the verdict is all that matters. `all`: every error, with the value and the schema that it is about. */
  readonly errors: 'first' | 'all';
  readonly run: JudgeRun;
  readonly stepKeyword: CodeKeywordDefinition;
  /** Keywords judged in another way than Ajv's own. */
  readonly keywords: (inside: Inside) => readonly KeywordDefinition[];
}

export function openAjv({ errors, run, stepKeyword, keywords }: Setting): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: errors === 'all',
    verbose: errors === 'all',
    strict: false,
    logger: false,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    ownProperties: true,
    inlineRefs: false,
    formats: FORMATS,
    code: { regExp: linearRegExp },
  });
  // The constructor of this dialect sets both, whatever it is told; every verdict would pay for what is not used.
  Object.assign(ajv.opts, { unevaluated: false, dynamicRef: false });
  for (const definition of [...EXACT_KEYWORDS, ...keywords(insideOf(ajv, run))]) {
    ajv.removeKeyword(String(definition.keyword));
    ajv.addKeyword(definition);
  }
  return ajv.addKeyword(stepKeyword);
}

/** One step each time; compiled into Ajv's code, because it runs for every value. */
export const countingSteps = (run: JudgeRun): CodeKeywordDefinition => ({
  keyword: STEP,
  code({ gen }) {
    const counter = gen.scopeValue('obj', { ref: run });
    gen.if(_`--${counter}.left < 0`, () => gen.throw(_`${counter}.exhausted`));
  },
});

/** As many steps as there may be errors: one for the schema, one for each member or name that it may complain of. */
export const countingErrors = (run: JudgeRun): CodeKeywordDefinition => ({
  keyword: STEP,
  code({ gen, data, parentSchema }) {
    const counter = gen.scopeValue('obj', { ref: run });
    const names = 1 + JSON.stringify([parentSchema['required'], parentSchema['dependentRequired']]).split(',').length;
    gen.code(_`${counter}.left -= ${names} + ${gen.scopeValue('func', { ref: countMembers })}(${data})`);
    gen.if(_`${counter}.left < 0`, () => gen.throw(_`${counter}.exhausted`));
  },
});

const countMembers = (value: unknown): number =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value).length : 0;

const linearRegExp = Object.assign(
  (source: string) => {
    const pattern = compilePattern(source);
    // Ajv keeps one compiled pattern for each text that this gives.
    return { test: (text: string) => pattern.test(text), toString: () => source };
  },
  { code: 'linear' },
);
