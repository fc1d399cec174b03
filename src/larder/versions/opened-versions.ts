/** `larder.versions`: waits for what each call needs, then asks the function that does it. */
import type { At, FeedEvent, FeedScope, Page, Who, WriteOptions, WriteRequest, Written } from '../../core/requests.ts';
import type { Seq } from '../../core/events.ts';
import type { DocumentRef } from '../../core/refs.ts';
import type { Undone, UndoRequest } from '../../core/undo-requests.ts';
import type { FileAnswer } from '../../larder-types.ts';
import type { Moment, SetItem, VersionDiff, Versions } from '../../larder-versions.ts';
import type { World } from '../../reconciler/world.ts';
import { sayNearDocument, sayNearScope } from '../near-names.ts';
import { diff, type DiffOptions } from './diff.ts';
import { fileAt, fileVersion } from './past-files.ts';
import { listAt, momentOf, recent, type PastPage } from './past.ts';
import { revert } from './revert.ts';
import { undo } from './undo.ts';
import { writeTogether } from './write-together.ts';

export interface VersionsOptions {
  readonly world: World;
  readonly cursorKey: Uint8Array;
  /** Resolves once history can be read. */
  readonly caughtUp: () => Promise<void>;
  /** Resolves once something can be written. Rejects with `starting`, `stopping`. */
  readonly writable: () => Promise<void>;
}

export class OpenedVersions implements Versions {
  readonly #options: VersionsOptions;

  constructor(options: VersionsOptions) {
    this.#options = options;
  }

  get #world(): World {
    return this.#options.world;
  }

  moment(at: At): Moment {
    return momentOf(this.#world, at);
  }

  async diff(ref: DocumentRef, options: DiffOptions): Promise<VersionDiff> {
    await this.#options.caughtUp();
    return diff(this.#world, ref, options);
  }

  async revert(
    ref: DocumentRef,
    to: Seq,
    who: Who,
    preconditions: WriteRequest['preconditions'],
    options?: WriteOptions,
  ): Promise<Written> {
    await this.#options.writable();
    return revert(this.#world, ref, to, who, preconditions, options);
  }

  async fileAt(ref: DocumentRef, at: At): Promise<FileAnswer> {
    await this.#options.caughtUp();
    return fileAt(this.#world, ref, at);
  }

  async fileVersion(ref: DocumentRef, seq: Seq): Promise<FileAnswer> {
    await this.#options.caughtUp();
    return fileVersion(this.#world, ref, seq);
  }

  listAt(collection: string, options: Parameters<Versions['listAt']>[1]): Promise<PastPage | undefined> {
    return listAt(this.#world, this.#options.cursorKey, collection, options);
  }

  recent(scope: FeedScope, options: Parameters<Versions['recent']>[1]): Page<FeedEvent> {
    return recent(this.#world, scope, options);
  }

  near(collection: string, id?: string): string | null {
    return id === undefined
      ? sayNearScope(this.#world, { kind: 'collection', collection })
      : sayNearDocument(this.#world, { collection, id });
  }

  async writeSet(items: readonly SetItem[], who: Who, options?: WriteOptions): Promise<Written[]> {
    await this.#options.writable();
    return writeTogether(this.#world, items, who, options);
  }

  async undo(request: UndoRequest, who: Who, options?: WriteOptions): Promise<Undone> {
    await this.#options.writable();
    return undo(this.#world, request, who, options);
  }
}
