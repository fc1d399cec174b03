/**
 * The catalogue of problems: code -> state and what to do, most severe first. Everything that lists or marks problems reads
 * from here, so that one code means one thing everywhere.
 */
import { digestOf } from './digest.ts';
import type { Problem, ProblemCode, ProblemState } from './problems.ts';

interface ProblemMeaning {
  readonly state: ProblemState;
  readonly hint: string;
}

const MEANINGS: Readonly<Record<ProblemCode, ProblemMeaning>> = {
  rotten: {
    state: 'unreadable',
    hint: 'The bytes changed although nothing wrote the file: suspect the disk. The recorded version is still served: larder problems confirm ID writes it back, larder problems dismiss ID takes what is on disk for an edit.',
  },
  held: {
    state: 'held',
    hint: 'Too much vanished at once to believe it. Bring the files back, or decide: larder problems confirm ID deletes the documents, larder problems dismiss ID writes their files back.',
  },
  absent: {
    state: 'pending',
    hint: 'The file is gone for the moment. If it does not come back it counts as deleted; the last version is served until then.',
  },
  unreadable: {
    state: 'unreadable',
    hint: 'Give the daemon permission to read it, or put a regular file of the same file system there.',
  },
  'schema-unreliable': {
    state: 'invalid',
    hint: 'Rewrite the schema without what errors names; until then the last good one stays in force.',
  },
  invalid: {
    state: 'invalid',
    hint: 'Correct the file at the place named and save it; the problem ends by itself. Where there was a good version it is served until then, and larder problems dismiss ID writes it back.',
  },
  name: {
    state: 'name',
    hint: 'Rename the file as errors says; it is served as soon as its name is allowed and free.',
  },
  conflict: {
    state: 'conflict',
    hint: 'Two versions of this document exist: larder problems confirm ID --take original|copy|merge ends it, larder problems dismiss ID keeps the copy as a document of its own; deleting the copy by hand ends it too.',
  },
  rescued: {
    state: 'conflict',
    hint: 'Bytes that a write would have lost are kept in the history: compare them with what is served. larder problems confirm ID makes them the document, larder problems dismiss ID leaves them in the history.',
  },
  unrecorded: {
    state: 'pending',
    hint: 'The change is served but not yet in the history, because the event log cannot grow. Free some space; recording resumes by itself.',
  },
  pending: {
    state: 'pending',
    hint: 'The file is being written or changed right now; it is looked at again in a moment.',
  },
  warning: {
    state: 'invalid',
    hint: 'The document is served as it is; errors says what deserves a look.',
  },
};

/** All codes, most severe first. */
export const PROBLEM_CODES = Object.keys(MEANINGS) as readonly ProblemCode[];

export const meaningOfProblem = (code: ProblemCode): ProblemMeaning => MEANINGS[code];

/** Reads a code as the log spells it. A code that only a newer release knows still deserves a look. */
export const parseProblemCode = (text: string): ProblemCode =>
  Object.hasOwn(MEANINGS, text) ? (text as ProblemCode) : 'warning';

/** Stable while a problem lasts, and the same after a rebuild: 16 hex digits made of path and code. */
export const problemIdOf = (path: string, code: ProblemCode): string =>
  digestOf(Buffer.from(`${path}\0${code}`)).slice(0, 16);

/** Why nothing is served at a path. A conflict copy has the problem of its original, which is served all the same. */
export const sayNotServed = (path: string, problem: Pick<Problem, 'path' | 'code'>): string =>
  problem.code === 'conflict' && problem.path !== path
    ? `${path} is not served: it is a conflict copy of ${problem.path}`
    : `${path} cannot be served: ${problem.code}`;
