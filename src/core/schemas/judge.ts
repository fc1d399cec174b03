import type { Fault } from '../events.ts';
import { compileExplanation, type Explain } from './explain.ts';
import { faultsOf } from './faults.ts';
import type { Linked } from './references.ts';
import { compileVerdict } from './verdict.ts';

/** Faults of a JSON value; none when it fits. `text` is the text that the value was read from, for lines and columns. */
export type JudgeFaults = (value: unknown, text?: string) => Fault[];

const TOO_COSTLY: Fault = {
  code: 'schema_too_costly',
  pointer: '',
  detail: 'the schema looks at the same parts of this document so often that judging it was given up',
};

/** Throws where the schema cannot be compiled. */
export function compileJudge(linked: Linked): JudgeFaults {
  const judge = compileVerdict(linked);
  let explain: Explain | undefined;
  return (value, text) => {
    const verdict = judge(value);
    if (verdict.kind === 'fits') return [];
    if (verdict.kind === 'too-costly') return [TOO_COSTLY];
    explain ??= compileExplanation(linked);
    const errors = explain(value);
    return faultsOf(errors === null || errors.length === 0 ? verdict.errors : errors, value, text);
  };
}
