/**
 * Equality of JSON values as JSON Schema means it. Ajv's own (fast-deep-equal) calls what a document says: a member named
 * `valueOf` makes it throw, one named `constructor` makes equal values differ.
 */

/** Equal for equal values: members sorted, and what is no finite number (1e400 is read so) apart from null. */
function canonicalText(value: unknown): string {
  if (typeof value === 'number') return String(value === 0 ? 0 : value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${canonicalText(inner)}`);
  return `{${members.toSorted().join(',')}}`;
}

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** Whether a value is one of these. Cost: one look-up for a scalar, one pass over anything else. */
export function membershipOf(allowed: readonly unknown[]): (value: unknown) => boolean {
  const scalars = new Set(allowed.filter(isScalar));
  const texts = new Set(allowed.filter((value) => !isScalar(value)).map(canonicalText));
  return (value) => (isScalar(value) ? scalars.has(value) : texts.size > 0 && texts.has(canonicalText(value)));
}

/** Positions of the first two equal items, or null. Linear in the size of the items, where Ajv compares each with each. */
export function firstRepetition(items: readonly unknown[]): readonly [number, number] | null {
  const indexByText = new Map<unknown, number>();
  for (const [index, item] of items.entries()) {
    const key = typeof item === 'string' ? `"${item}` : canonicalText(item);
    const earlier = indexByText.get(key);
    if (earlier !== undefined) return [earlier, index];
    indexByText.set(key, index);
  }
  return null;
}
