/**
 * Addresses. Every path below the root means at most one thing (FORMAT.md, names); this module says which, from the name
 * alone, and gives the path for an address that came over HTTP.
 */
export interface DocumentRef {
  /** `ns/collection` */
  readonly collection: string;
  /** Document id, possibly with `/`; a stream's id keeps its ending. */
  readonly id: string;
}
