/** DESIGN 3.8: beside each served document stands whether it fits the schema in force, whoever brought that and whatever crashed. */
import { parseValid } from '../../src/core/json/exact-value.ts';
import { compileSchema } from '../../src/core/schemas/compile.ts';
import type { Larder } from '../../src/larder-types.ts';
import type { Machine } from './machine.ts';
import type { Places } from './places.ts';

const COLLECTION = 'ns/c';
const MANY = 1000;

type Wait = <T>(promise: PromiseLike<T>) => Promise<T>;

/** Asks a Larder at rest. */
export async function judgeMarks(larder: Larder, machine: Machine, places: Places, wait: Wait): Promise<string[]> {
  const schema = await wait(larder.schema(COLLECTION));
  const compiled = schema?.bytes ? compileSchema(new TextDecoder().decode(schema.bytes)) : null;
  const fits = (text: string): boolean =>
    compiled?.kind !== 'usable' || compiled.schema.judge(parseValid(text), text).length === 0;
  const { items } = larder.problems({ collection: COLLECTION, limit: MANY, cursor: null });
  const marked = new Set(items.filter(({ code }) => code === 'invalid').map(({ path }) => path));
  const complaints: string[] = [];
  for (const path of places.documents.filter((one) => one.startsWith(`${COLLECTION}/`))) {
    const id = path.slice(COLLECTION.length + 1, -'.json'.length);
    const answer = await wait(larder.read({ collection: COLLECTION, id }));
    if (answer.kind !== 'served' || answer.etag !== machine.digestAt(path)) continue;
    const isFit = fits(new TextDecoder().decode(answer.bytes));
    if (isFit === marked.has(path))
      complaints.push(
        `I4 ${path} ${isFit ? 'fits its schema and is' : 'does not fit its schema and is not'} listed as invalid`,
      );
  }
  return complaints;
}
