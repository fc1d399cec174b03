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
