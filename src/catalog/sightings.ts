/** What is remembered beside frames: stat identities without an event, and derived problems. */
import type { Tables } from './apply-entry.ts';
import type { Transactions } from './transactions.ts';
import type { Catalog, DerivedProblem, Seen } from './types.ts';

type Sightings = Pick<Catalog, 'noteSeen' | 'setDerived'>;

export function openSightings(tables: Tables, transactions: Transactions): Sightings {
  return {
    noteSeen(seen) {
      if (seen.length > 0) transactions.aside(() => seen.forEach((one) => writeSeen(tables, one)));
    },
    setDerived: (path, problems) => transactions.aside(() => writeDerived(tables, path, problems)),
  };
}

function writeSeen({ paths }: Tables, { path, seen }: { readonly path: string; readonly seen: Seen | null }): void {
  const row = paths.load(path);
  if (row) paths.save(row, { ...row, stat: seen?.key ?? null, clean: seen?.clean ?? false });
}

function writeDerived({ paths, problems }: Tables, path: string, derived: readonly DerivedProblem[]): void {
  const row = derived.length > 0 ? paths.loadOrInsert(path) : paths.load(path);
  if (!row) return;
  problems.replaceDerived(path, row, derived);
  paths.save(row, { ...row, problems: problems.bitsOf(path) });
}
