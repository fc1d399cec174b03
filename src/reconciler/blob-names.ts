/**
 * Blobs that frames on their way name. A blob lies in its store before the frame that names it is recorded, and `forget` and
 * `prune` take what no frame names: so the frame asks for it in the very turn in which it is appended, and they ask here.
 */
import type { BlobStore } from '../blobs/types.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { DraftEntry, LoggedEntry } from '../core/events.ts';

export class BlobNames {
  readonly #blobs: Pick<BlobStore, 'has'>;
  readonly #frames = new Map<Digest, number>();

  constructor(blobs: Pick<BlobStore, 'has'>) {
    this.#blobs = blobs;
  }

  /** Throws `busy` when one was taken away since it was stored: whoever wants it brings the bytes again. */
  refuseMissing({ entries }: { readonly entries: readonly DraftEntry[] }): void {
    const missing = entries.find(({ inBlob, digest }) => inBlob && digest !== null && !this.#blobs.has(digest));
    if (missing)
      throw new LarderError(
        'busy',
        `the bytes of ${missing.path} were forgotten at this very moment; nothing was changed`,
        {
          headers: { 'Retry-After': '1' },
        },
      );
  }

  begin(frame: { readonly entries: readonly LoggedEntry[] }): void {
    for (const digest of namedBy(frame)) this.#frames.set(digest, (this.#frames.get(digest) ?? 0) + 1);
  }

  end(frame: { readonly entries: readonly LoggedEntry[] }): void {
    for (const digest of namedBy(frame)) {
      const left = (this.#frames.get(digest) ?? 0) - 1;
      if (left > 0) this.#frames.set(digest, left);
      else this.#frames.delete(digest);
    }
  }

  has(digest: Digest): boolean {
    return this.#frames.has(digest);
  }
}

const namedBy = ({ entries }: { readonly entries: readonly LoggedEntry[] }): Digest[] =>
  entries.flatMap(({ body, digest }) => (body.in === 'blob' && digest !== null ? [digest] : []));
