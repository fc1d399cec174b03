/**
 * The known name that a misspelt one most likely meant, or null when none is near: of a short name half may be wrong, of a long one a
 * third. Ignores case.
 */
export function nearestName(name: string, known: readonly string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= farthest(name, best.candidate) ? best.candidate : null;
}

function farthest(name: string, candidate: string): number {
  const length = Math.max(name.length, candidate.length);
  return Math.max(Math.min(2, Math.floor(length / 2)), length / 3);
}

/**
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment): insertions, deletions, substitutions and
 * swaps of neighbours, in code units. Names beyond 64 units are near to nothing of ours.
 */
function distance(a: string, b: string): number {
  if (a.length > 64) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(cell(a, b, i, j, [beforeLast, last, row]));
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

function cell(a: string, b: string, i: number, j: number, rows: readonly [number[], number[], number[]]): number {
  const [beforeLast, last, row] = rows;
  const at = (line: readonly number[], index: number): number => line[index] ?? Infinity;
  const substituted = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
  const least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, substituted);
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return swapped ? Math.min(least, at(beforeLast, j - 2) + 1) : least;
}
