/** `larder.guards`: what a person decides about a problem, by its code. docs/http.md tells what each decision means. */
import { LarderError } from '../core/errors.ts';
import type { ProblemCode, Problem } from '../core/problems.ts';
import type { Who, WriteOptions } from '../core/requests.ts';
import type { Choice, Decided, Guards } from '../larder-guards.ts';
import { bytesOf } from '../reconciler/bodies.ts';
import { originFor } from '../reconciler/commit.ts';
import { confirmHold, dismissHold } from '../reconciler/decide-hold.ts';
import { problemOfRoot } from '../reconciler/out-of-reach.ts';
import { withDetails } from '../reconciler/problem-details.ts';
import { recordVerdict } from '../reconciler/verdicts.ts';
import { write } from '../reconciler/write.ts';
import type { World } from '../reconciler/world.ts';
import { keepBoth, resolveConflict } from './decide-conflict.ts';
import { restoreRotten, takeRotten } from './decide-rotten.ts';
import { refOf, type Deciding, type Outcome } from './deciding.ts';
import { writeGoodBack } from './write-good-back.ts';

type Decide = (deciding: Deciding) => Promise<Outcome>;

const CONFIRM: Partial<Record<ProblemCode, Decide>> = {
  held: ({ world, problem, who, options }) =>
    options.dryRun ? heldNow(world, problem) : confirmHold(world, problem.path, who),
  rescued: takeRescued,
  conflict: resolveConflict,
  rotten: restoreRotten,
};

const DISMISS: Partial<Record<ProblemCode, Decide>> = {
  held: ({ world, problem, who, options }) =>
    options.dryRun ? heldNow(world, problem) : dismissHold(world, problem.path, who),
  rescued: async (deciding) => {
    if (!deciding.options.dryRun) await end(deciding);
    return { changed: 0, left: 0, changeSets: [] };
  },
  invalid: writeGoodBack,
  'schema-unreliable': writeGoodBack,
  conflict: keepBoth,
  rotten: takeRotten,
};

export class Decisions implements Guards {
  readonly #world: World;
  readonly #writable: () => Promise<void>;

  /** `writable` resolves once something can be written. Rejects with `starting`, `stopping`. */
  constructor(world: World, writable: () => Promise<void>) {
    this.#world = world;
    this.#writable = writable;
  }

  confirm(id: string, choice: Choice, who: Who, options: WriteOptions = {}): Promise<Decided> {
    return this.#decide('confirmed', CONFIRM, { id, choice, who, options });
  }

  dismiss(id: string, choice: Choice, who: Who, options: WriteOptions = {}): Promise<Decided> {
    return this.#decide('dismissed', DISMISS, { id, choice, who, options });
  }

  async #decide(
    decision: Decided['decision'],
    decisions: typeof CONFIRM,
    { id, ...asked }: { readonly id: string } & Omit<Deciding, 'world' | 'problem'>,
  ): Promise<Decided> {
    await this.#writable();
    const found = this.#world.catalog.problem(id) ?? this.#ofRoot(id);
    if (!found)
      throw new LarderError('not_found', `no problem has the id ${id}: it may have ended`, {
        members: { hint: 'GET /v1/_problems, or larder problems, lists what is open.' },
      });
    const problem = withDetails(this.#world, found);
    if (isOutOfReach(this.#world, problem)) throw undecidable(problem, decision);
    const decide = decisions[problem.code];
    if (!decide) throw undecidable(problem, decision);
    refuseChoice(problem, asked.choice);
    const outcome = await decide({ world: this.#world, problem, ...asked });
    const isPreview = asked.options.dryRun ?? false;
    return { session: null, ...outcome, problem: id, decision, isPreview, seq: this.#world.recorder.announcedSeq };
  }

  #ofRoot(id: string): Problem | undefined {
    const problem = problemOfRoot(this.#world);
    return problem?.id === id ? problem : undefined;
  }
}

const isOutOfReach = (world: World, { code, path }: Problem): boolean =>
  code === 'held' && (world.outOfReach.root() !== null || world.outOfReach.at(path) !== undefined);

/** Whoever says which side shall be the document, of what has no sides, has another problem in mind. */
function refuseChoice({ id, code, path }: Problem, { take, copy }: Choice): void {
  if (code === 'conflict' || (take === undefined && copy === undefined)) return;
  throw new LarderError(
    'bad_request',
    `take and copy choose a side of a conflict; the problem ${id} of ${path} is ${code}: decide it without them`,
  );
}

const undecidable = (problem: Problem, decision: Decided['decision']): LarderError =>
  new LarderError(
    'conflict',
    `a problem ${problem.code} cannot be ${decision} now: it ends when what it says of ${problem.path} is right`,
    {
      members: { hint: problem.hint, problem },
    },
  );

const heldNow = (world: World, { path }: Problem): Promise<Outcome> =>
  Promise.resolve({ changed: world.pendings.heldIn(path).length, left: 0, changeSets: [] });

const end = ({ world, problem, who }: Deciding): Promise<void> =>
  recordVerdict(world, problem.path, { op: 'resolved', code: problem.code }, originFor(world, who));

const VERSIONS_LOOKED_AT = 1000;

/** The newest bytes that a write would have lost become the document. */
async function takeRescued(deciding: Deciding): Promise<Outcome> {
  const { world, problem, who, options } = deciding;
  const rescued = world.catalog
    .history(problem.path, { before: null, limit: VERSIONS_LOOKED_AT })
    .find(({ kind, code }) => kind === 'rescued' && code === 'rescued');
  if (!rescued || rescued.digest === null)
    throw new LarderError('gone', `the rescued bytes of ${problem.path} are not kept any more`);
  const body = bytesOf(world, rescued.body, rescued.digest);
  const written = await write(world, { ref: refOf(problem.path), change: { op: 'exact', body } }, who, options);
  if (!options.dryRun) await end(deciding);
  return { changed: written.outcome === 'unchanged' ? 0 : 1, left: 0, changeSets: [written.changeSet] };
}
