/**
 * Conflict copies as the log tells them, beside its fold (fold.ts): a copy is no path of its own there, but a version of its original
 * and a fault of the problem that the original has for as long as the copy lies beside it (reconciler/conflicts.ts).
 */
import type { Digest } from '../core/digest.ts';
import type { LoggedEntry } from '../core/events.ts';

export class FoldedCopies {
  /** What was recorded of each copy last. */
  readonly #digests = new Map<string, Digest | null>();
  readonly #copiesOf = new Map<string, readonly string[]>();

  note({ op, path, kind, code, digest, faults = [] }: LoggedEntry): void {
    if (code !== 'conflict' || (op !== 'problem' && op !== 'resolved')) return;
    const copies = op === 'problem' ? faults.flatMap((fault) => fault.path ?? []) : [];
    for (const ended of this.#copiesOf.get(path) ?? []) if (!copies.includes(ended)) this.#digests.delete(ended);
    if (copies.length > 0) this.#copiesOf.set(path, copies);
    else this.#copiesOf.delete(path);
    const [recorded] = copies;
    if (kind === 'rescued' && recorded !== undefined) this.#digests.set(recorded, digest);
  }

  /** Undefined where the path is no copy that waits for a decision. */
  recorded(path: string): Digest | null | undefined {
    return this.#digests.get(path);
  }
}
