/**
 * Words as the small integers that the tables hold. The order of each list is part of the format: who changes one counts
 * `FORMAT_VERSION` up, and every catalog is rebuilt.
 */
import { PROBLEM_CODES } from '../core/problem-hints.ts';
import type { Cause, Op, VersionKind } from '../core/events.ts';
import type { ProblemCode } from '../core/problems.ts';
import type { PathKind } from './types.ts';

const OPS = ['create', 'update', 'delete', 'move', 'problem', 'resolved', 'schema'] as const satisfies Op[];
const VERSION_KINDS = ['valid', 'invalid', 'rescued', 'deleted'] as const satisfies VersionKind[];
const CAUSES = ['api', 'hand', 'restore', 'job', 'agent', 'import'] as const satisfies Cause[];
const PATH_KINDS = ['document', 'stream', 'file', 'schema', 'none'] as const satisfies PathKind[];

interface Coding<Word extends string> {
  encode(word: Word): number;
  decode(code: number): Word;
}

function coding<Word extends string>(words: readonly Word[]): Coding<Word> {
  const codeByWord = new Map(words.map((word, code) => [word, code]));
  return {
    encode: (word) => codeByWord.get(word) ?? -1,
    decode(code) {
      const word = words[code];
      if (word === undefined) throw new RangeError(`no word has the code ${code}`);
      return word;
    },
  };
}

export const op = coding<Op>(OPS);
export const versionKind = coding<VersionKind>(VERSION_KINDS);
export const cause = coding<Cause>(CAUSES);
export const pathKind = coding<PathKind>(PATH_KINDS);

/** Open problems of a path are one integer, a bit for each code, most severe lowest. */
export const bitOf = (code: ProblemCode): number => 1 << PROBLEM_CODES.indexOf(code);

export const codesOf = (bits: number): ProblemCode[] => PROBLEM_CODES.filter((code) => (bits & bitOf(code)) !== 0);

export const countOf = (bits: number): number => codesOf(bits).length;
