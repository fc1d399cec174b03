import type { JudgeValue } from '../core/examine.ts';
import type { Digest } from '../core/digest.ts';
import { classify, collectionOf } from '../core/refs.ts';
import type { CompiledSchema } from '../core/schemas/compile.ts';
import { assert } from '../util/assert.ts';

/** Collection and the digest of its schema in force. */
export type SchemasInForce = ReadonlyMap<string, Digest>;

const nothingWrong: JudgeValue = () => [];

/** Compiled schemas by the digest of their text: each is compiled once in a thread, at its first use. Replaced ones stay
 *  until the thread ends, which a worker does when it is idle. */
export class SchemaShelf {
  readonly #compiled = new Map<Digest, CompiledSchema>();

  async put(texts: Iterable<readonly [Digest, string]>): Promise<void> {
    for (const [digest, text] of texts) {
      if (this.#compiled.has(digest)) continue;
      // The compiler is large; a tree without schemas never loads it.
      const { compileSchema } = await import('../core/schemas/compile.ts');
      const result = compileSchema(text);
      // Only schemas in force come here; they were compiled before, by the same compiler.
      assert(result.kind === 'usable', 'a schema in force compiles');
      this.#compiled.set(digest, result.schema);
    }
  }

  /** Judges documents of a path by the schema that is in force for its collection. */
  judgeOf(inForce: SchemasInForce, path: string): JudgeValue {
    if (inForce.size === 0) return nothingWrong;
    const digest = inForce.get(collectionOf(classify(path)));
    if (digest === undefined) return nothingWrong;
    const schema = this.#compiled.get(digest);
    assert(schema !== undefined, 'a schema is put on the shelf before it judges');
    return (value, text) => schema.judge(value, text);
  }
}
