/**
 * The body of a frame that lost the bytes of some versions. Its head still names every part, so a body that is not as long
 * as they are together was pruned, and begins with a bitmap that says whose bytes are still kept, in the log or as a blob:
 *
 *     bitmap: a bit an entry, the lowest of the first byte first · the parts that are left · a zero where the whole would
 *     otherwise be as long as the body was
 *
 * An empty body in place of parts says that nothing is left of it.
 */

export const bitmapBytes = (entries: number): number => Math.ceil(entries / 8);

/** A bitmap that was cut short says that nothing is left of the rest. */
export const isKept = (bitmap: Uint8Array, index: number): boolean =>
  ((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;

/** `parts`: the stored bytes of each entry, null where the log has none. `keeps` is asked for every entry. */
export function formatPrunedBody(parts: readonly (Uint8Array | null)[], keeps: (index: number) => boolean): Uint8Array {
  const bitmap = new Uint8Array(bitmapBytes(parts.length));
  const kept: Uint8Array[] = [];
  for (const [index, part] of parts.entries()) {
    if (!keeps(index)) continue;
    bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    if (part) kept.push(part);
  }
  const body = Buffer.concat([bitmap, ...kept]);
  const whole = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
  return body.length === whole ? Buffer.concat([body, Uint8Array.of(0)]) : body;
}
