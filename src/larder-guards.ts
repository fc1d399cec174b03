/** What a person decides about problems: part of the library's front door (larder-types.ts). */
import type { Seq } from './core/events.ts';
import type { Who, WriteOptions } from './core/requests.ts';

/** For a conflict: which side becomes the document. `copy` names the file where there are several. */
export interface Choice {
  readonly take?: 'copy' | 'original' | 'merge';
  readonly copy?: string;
}

export interface Decided {
  /** The problem's id. */
  readonly problem: string;
  readonly decision: 'confirmed' | 'dismissed';
  /** Documents that were changed, deleted or written back. */
  readonly changed: number;
  /** Documents of the problem about which nothing could be done: then it stays. */
  readonly left: number;
  readonly changeSets: readonly string[];
  /** Shared by the change sets where there are several. */
  readonly session: string | null;
  readonly seq: Seq;
  /** Nothing was done (`Prefer: tx=rollback`). */
  readonly isPreview: boolean;
}

export interface Guards {
  /**
   * What the problem says is so: held documents are deleted, rescued bytes become the document, a conflict ends as chosen.
   * Throws `not_found`, and `conflict` where there is nothing to confirm.
   */
  confirm(id: string, choice: Choice, who: Who, options?: WriteOptions): Promise<Decided>;
  /**
   * What the problem says shall not be: held and broken files are written back from history, what was rescued stays history, a
   * conflict copy becomes a document of its own. Throws like `confirm`.
   */
  dismiss(id: string, choice: Choice, who: Who, options?: WriteOptions): Promise<Decided>;
}
