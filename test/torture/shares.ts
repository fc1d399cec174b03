/** Who gets how much of a run's time: what needs little gets it whole, the rest is shared evenly among those that need more. */

/** The share of the first of those that are left. `needMs`: what each would take at its full size. */
export function shareMs(totalMs: number, needMs: readonly number[]): number {
  const [first = 0] = needMs;
  let left = totalMs;
  for (const [index, need] of needMs.toSorted((a, b) => a - b).entries()) {
    const even = left / (needMs.length - index);
    if (need >= even) return Math.min(first, even);
    left -= need;
  }
  return first;
}
