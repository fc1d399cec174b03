import { isAbsolute, join, relative } from 'node:path';
import { LarderError } from '../core/errors.ts';
import type { Problem } from '../core/problems.ts';
import type { Choice } from '../larder-guards.ts';
import type { Access } from './access.ts';
import { outJson, type Io } from './io.ts';
import { printable } from './printable.ts';

/** What linters do as well: 4 when there is something to mend. */
const FOUND = 4;

/** Lists every problem, a line for each place in a file. `root` null: the daemon is elsewhere, paths are below its root. */
export async function listProblems(access: Access, root: string | null, asJson: boolean, io: Io): Promise<number> {
  const found: Problem[] = [];
  for await (const problem of access.problems()) found.push(problem);
  if (asJson) outJson(io, { items: found });
  else
    io.out(
      found.length === 0
        ? 'no problems\n'
        : found.map((problem) => describe(problem, printable(shown(problem.path, root, io)))).join(''),
    );
  return found.length === 0 ? 0 : FOUND;
}

/** As editors and terminals open it: relative while it lies below here, absolute otherwise. */
function shown(path: string, root: string | null, { workingDirectory }: Io): string {
  if (root === null) return path;
  const near = relative(workingDirectory, join(root, path));
  return near.startsWith('..') || isAbsolute(near) ? join(root, path) : near;
}

function describe({ id, code, state, since, errors, hint, digest, serving }: Problem, path: string): string {
  const places = errors.map(({ line, column, pointer, detail }) => {
    const place = [path, line, column].filter((part) => part !== undefined).join(':');
    return `${place}: ${pointer === undefined || pointer === '' ? '' : `${pointer} `}${detail}\n`;
  });
  const served = sayServed(code, digest, serving);
  const lines = places.length > 0 ? places : [`${path}: ${state}\n`];
  return `${lines.join('')}    ${code} ${id} since ${since}; ${served}. ${hint}\n`;
}

/** What is held stands for many documents, none of which `serving` could name: all of them are served. */
function sayServed(code: Problem['code'], digest: Problem['digest'], serving: Problem['serving']): string {
  if (code === 'held') return 'what is held is served as it was';
  if (code === 'unrecorded') return 'the file is served as it is';
  // A schema of today judged what was good by the one before.
  if (serving !== null && serving === digest) return 'it is served all the same';
  return serving === null ? 'nothing is served there' : 'the last good version is served';
}

export interface DecideFlags extends Choice {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Some documents of the problem could not be dealt with. */
const PARTLY = 3;

/** `larder problems confirm` and `dismiss`. */
export async function decideProblem(
  access: Access,
  decision: 'confirm' | 'dismiss',
  id: string,
  { dryRun = false, json, ...chosen }: DecideFlags,
  io: Io,
): Promise<number> {
  const choice: Choice = { ...(chosen.take && { take: chosen.take }), ...(chosen.copy && { copy: chosen.copy }) };
  const decided = await access.decide(decision, id, choice, dryRun).catch((error: unknown) => {
    if (error instanceof LarderError) tellChoices(error, io);
    throw error;
  });
  if (json) outJson(io, decided);
  else io.out(`${dryRun ? 'would be ' : ''}${decided.decision}: ${sayChanged(decided)}\n`);
  return decided.left > 0 ? PARTLY : 0;
}

/** Of a conflict with several copies. */
function tellChoices({ members }: LarderError, io: Io): void {
  const copies = (members['copies'] ?? []) as readonly string[];
  for (const copy of copies) io.err(`choose one  --copy ${quoted(copy)}\n`);
}

/** As shells take it: names of copies have spaces and brackets. */
const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

const sayChanged = ({ changed, left }: { readonly changed: number; readonly left: number }): string =>
  [
    `${changed} ${changed === 1 ? 'document' : 'documents'} changed`,
    ...(left > 0 ? [`${left} left as they are`] : []),
  ].join(', ');
