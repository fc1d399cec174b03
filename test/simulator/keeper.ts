/** The person who looks after the root: decides about documents that are held, and thins the history. */
import type { Problem } from '../../src/core/problems.ts';
import type { Larder } from '../../src/larder-types.ts';
import type { Machine } from './machine.ts';

const MANY = 1000;
const KEEPER = { actor: 'keeper', cause: 'api' } as const;

export class Keeper {
  readonly #machine: Machine;
  /** Whether the history was ever thinned. */
  hasPruned = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Whatever there is to do. */
  act(larder: Larder): void {
    const [held] = heldIn(larder);
    if (held && this.#machine.maybe(0.5)) return void this.decide(larder, held).catch(() => {});
    if (this.#machine.keepHistory !== 'all') this.#prune(larder);
  }

  /** Deleted, or written back. Rejects as the Larder does. */
  async decide(larder: Larder, problem: Problem): Promise<void> {
    const decision = this.#machine.pick(['confirm', 'dismiss'] as const);
    this.#machine.tell(`the keeper asks ${decision} ${problem.id} of ${problem.path}`);
    try {
      const { changed, left } = await larder.guards[decision](problem.id, {}, KEEPER);
      this.#machine.tell(`  the keeper is answered: ${changed} changed, ${left} left`);
    } catch (error) {
      this.#machine.tell(`  the keeper is refused: ${String(error)}`);
      throw error;
    }
  }

  #prune(larder: Larder): void {
    this.hasPruned = true;
    this.#machine.tell('the keeper asks prune');
    larder.maintenance.prune({ dryRun: false }).then(
      ({ versions, segments }) => this.#machine.tell(`  pruned: ${versions} versions in ${segments} segments`),
      (error: unknown) => this.#machine.tell(`  prune is refused: ${String(error)}`),
    );
  }
}

/** What a person has to decide about. */
export const heldIn = (larder: Larder): Problem[] =>
  larder.problems({ collection: null, limit: MANY, cursor: null }).items.filter(({ code }) => code === 'held');
