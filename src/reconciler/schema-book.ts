/** The schemas in force, one a collection, and what judges with them. */
import type { Fault } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import { classify, collectionOf } from '../core/refs.ts';
import type { CompiledSchema } from '../core/schemas/compile.ts';

export interface SchemaInForce {
  readonly schema: CompiledSchema;
  /** Text and digest of the `_schema.json` it was made from; null for a schema given in TypeScript. */
  readonly source: { readonly text: string; readonly digest: Digest } | null;
}

export class SchemaBook {
  readonly #byCollection = new Map<string, SchemaInForce>();
  /** Collections whose `_schema.json` cannot be used and that have no earlier one in force. */
  readonly #unusable = new Set<string>();
  readonly #fixed = new Set<string>();
  #changes = 0;

  /** Grows whenever a schema comes into force or goes: what was judged before may have been judged by another. */
  get changes(): number {
    return this.#changes;
  }

  inForce(collection: string): SchemaInForce | undefined {
    return this.#byCollection.get(collection);
  }

  isUnusable(collection: string): boolean {
    return this.#unusable.has(collection);
  }

  set(collection: string, schema: SchemaInForce | null): void {
    if (this.#fixed.has(collection)) return;
    this.#changes += 1;
    this.#unusable.delete(collection);
    if (schema) this.#byCollection.set(collection, schema);
    else this.#byCollection.delete(collection);
  }

  /** A schema given in TypeScript: it stays in force whatever `_schema.json` says. */
  fix(collection: string, schema: SchemaInForce): void {
    this.#byCollection.set(collection, schema);
    this.#fixed.add(collection);
  }

  get hasFixed(): boolean {
    return this.#fixed.size > 0;
  }

  isFixed(collection: string): boolean {
    return this.#fixed.has(collection);
  }

  /** Says that the collection has a `_schema.json` that was never usable: writes are refused until it is. */
  setUnusable(collection: string): void {
    if (!this.#byCollection.has(collection)) this.#unusable.add(collection);
  }

  collections(): string[] {
    return [...this.#byCollection.keys()];
  }

  /** Faults of a value by the schema in force for its path; none without one. */
  judge(path: string, value: unknown, text: string): readonly Fault[] {
    const inForce = this.#byCollection.get(collectionOf(classify(path)));
    return inForce ? inForce.schema.judge(value, text) : [];
  }

  /** Schema texts by collection, for workers that judge. Schemas given in TypeScript cannot travel. */
  texts(): ReadonlyMap<string, { readonly text: string; readonly digest: Digest }> {
    const texts = new Map<string, { text: string; digest: Digest }>();
    for (const [collection, { source }] of this.#byCollection) if (source) texts.set(collection, source);
    return texts;
  }
}
