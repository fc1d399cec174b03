/**
 * What the sides of a conflict grew from. Whoever merges with a base that is one of the sides loses, without a word, what that side
 * changed: such a version is never the answer, and where the history has no other there is none.
 */
import { countDifferences } from './json/differences.ts';

export interface DatedVersion {
  readonly digest: string | null;
  readonly size: number;
  readonly modifiedMs: number;
}

export interface Grown<T extends DatedVersion> {
  /** Of the original, newest first. */
  readonly versions: readonly T[];
  /** As it is served now. */
  readonly original: T | undefined;
  readonly copy: T;
  /** A valid JSON text; null where it is none, or its bytes are not kept. */
  readonly textOf: (version: T) => string | null;
}

/** Reading a history costs time: what lies further back than this is no base. */
const MOST_COMPARED = 50;
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * Where the copy was the document once, the version before that; otherwise, of those older than the copy, the one that differs from
 * it in the fewest places, the newest of several. Undefined where there is none.
 */
export function baseOf<T extends DatedVersion>(grown: Grown<T>): T | undefined {
  const { versions, original, copy } = grown;
  const between = comparing(grown);
  if (original && between(original, copy) === 0) return original;
  const isThird = (version: T): boolean => ![original, copy].some((side) => side && between(version, side) === 0);
  const before = (at: number): T | undefined => versions.slice(at + 1, at + 2).find(isThird);
  const known = versions.findIndex(({ digest }) => digest === copy.digest);
  if (known >= 0) return before(known);
  const older = withinBudget(versions.filter(({ modifiedMs }) => modifiedMs <= copy.modifiedMs));
  const distances = older.flatMap((version) => ({ version, places: between(version, copy) ?? Infinity }));
  const same = distances.find(({ places }) => places === 0);
  if (same) return before(versions.indexOf(same.version));
  return distances.toSorted((a, b) => a.places - b.places).find(({ version }) => isThird(version))?.version;
}

/** In how many places two versions differ; null where their values are not known. */
function comparing<T extends DatedVersion>({ textOf }: Grown<T>): (a: T, b: T) => number | null {
  const texts = new Map<T, string | null>();
  const read = (version: T): string | null => {
    const text = texts.has(version) ? (texts.get(version) ?? null) : textOf(version);
    texts.set(version, text);
    return text;
  };
  return (a, b) => {
    if (a.digest === b.digest) return 0;
    const [aText, bText] = [read(a), read(b)];
    return aText === null || bText === null ? null : countDifferences(aText, bText);
  };
}

function withinBudget<T extends DatedVersion>(versions: readonly T[]): readonly T[] {
  let left = MOST_BYTES;
  const end = versions.slice(0, MOST_COMPARED).findIndex(({ size }) => (left -= size) < 0);
  return versions.slice(0, end < 0 ? MOST_COMPARED : Math.max(end, 1));
}
