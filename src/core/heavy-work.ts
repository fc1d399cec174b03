/**
 * Work on the texts of documents that grows with them: 30 to 160 ms a MiB. Pure functions of what crosses threads, so that a worker does
 * it for large documents (DESIGN 3.11).
 */
import { equalJson } from './json/equal.ts';
import { layOut } from './json/layout.ts';
import { encodeText, readJson } from './json/read-json.ts';
import { threeWayMerge, type Merge } from './json/three-way-merge.ts';

/** Null where it is laid out so already. Compared with what it was: the values stay. */
function laidOut(text: string, unit: string): Uint8Array | null {
  const anew = layOut(text, unit);
  if (anew === text) return null;
  if (!equalJson(text, anew)) throw new Error('laid out anew, the document would mean something else');
  return encodeText(anew);
}

type MergedSides =
  | { readonly kind: 'merged'; readonly bytes: Uint8Array }
  | Extract<Merge, { kind: 'conflict' }>
  /** The side (0 base, 1 yours, 2 theirs) that is no document. */
  | { readonly kind: 'not-json'; readonly side: number };

function mergedSides(sides: readonly [Uint8Array, Uint8Array, Uint8Array]): MergedSides {
  const texts = sides.map(textOf);
  const broken = texts.indexOf(null);
  if (broken >= 0) return { kind: 'not-json', side: broken };
  const [base, yours, theirs] = texts;
  const merge = threeWayMerge(base ?? '', yours ?? '', theirs ?? '');
  return merge.kind === 'merged' ? { kind: 'merged', bytes: encodeText(merge.text) } : merge;
}

function textOf(bytes: Uint8Array): string | null {
  const read = readJson(bytes);
  return read.kind === 'valid' ? read.text : null;
}

const heavyWork = { laidOut, mergedSides } as const;

export type HeavyWork = typeof heavyWork;

export type HeavyResult<Name extends keyof HeavyWork> = ReturnType<HeavyWork[Name]>;

/** Work by its name, as it crosses threads: that name and arguments belong together is known to the signature alone. */
export function workOn<Name extends keyof HeavyWork>(name: Name, args: Parameters<HeavyWork[Name]>): HeavyResult<Name> {
  const work = heavyWork[name] as unknown as (...given: Parameters<HeavyWork[Name]>) => HeavyResult<Name>;
  return work(...args);
}
