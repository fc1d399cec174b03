/** Where nothing can be served: nothing is there, or what is there was never good. */
import { LarderError } from '../../core/errors.ts';
import type { Problem } from '../../core/problems.ts';
import { sayNotServed } from '../../core/problem-hints.ts';

export const notFound = (what: string, hint: string | null): LarderError =>
  new LarderError('not_found', `${what} is not there`, hint === null ? {} : { members: { hint } });

/** A file is there, but no version of it was ever good; or a disk is mounted over the place, which may go again. */
export const notServable = (path: string, problem: Problem): LarderError =>
  new LarderError(isElsewhere(problem) ? 'other_device' : 'not_servable', sayNotServed(path, problem), {
    errors: problem.errors,
    members: { problem, hint: problem.hint },
  });

const isElsewhere = ({ errors }: Problem): boolean => errors.some(({ code }) => code === 'unreadable_other-device');
