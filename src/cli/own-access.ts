/** A root that no daemon serves, opened for the time of one command. */
import { LarderError } from '../core/errors.ts';
import type { Problem } from '../core/problems.ts';
import type { Who, WriteResult, Written } from '../core/requests.ts';
import { openLarder } from '../larder.ts';
import type { Larder } from '../larder-types.ts';
import type { BatchResult, ImportItem, ImportSink } from '../maintain/import-types.ts';
import { ownVersions } from './own-versions.ts';
import type { Access, StatusReport } from './access.ts';
import type { LoadedConfig } from './config-file.ts';

const PAGE = 1000;

/** Resolves after the first scan. No watcher: the scan has just looked at everything, and twice at what is missing. */
export async function openOwnAccess({ root, isConfigured, settings }: LoadedConfig): Promise<Access> {
  const { durability } = settings;
  await using opening = new AsyncDisposableStack();
  const larder = opening.use(
    await openLarder({
      root,
      refuseEmpty: isConfigured,
      durability,
      keepHistory: settings['history.keep'],
      watcher: 'none',
      decideAbsences: true,
    }),
  );
  await larder.ready;
  const open = opening.move();
  return {
    status: async () => statusOf(larder),
    problems: () => problems(larder),
    decide: (decision, id, choice, isPreview) => larder.guards[decision](id, choice, PERSON, { dryRun: isPreview }),
    schemas: async () => larder.schemas(),
    versions: ownVersions(larder),
    normalise: (paths, indent, dryRun) => larder.maintenance.normalise({ paths, indent, dryRun }, PERSON),
    prune: (dryRun) => larder.maintenance.prune({ dryRun }),
    forget: (path, seq, { isPreview: dryRun, ...only }) => larder.maintenance.forget(path, seq, { dryRun, ...only }),
    importSink: (collection) => importSink(larder, collection),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function statusOf(larder: Larder): StatusReport {
  const { ready, reasons, scan, durability } = larder.readiness();
  const { logBytes, blobBytes, freeBytes, totalBytes } = larder.maintenance.history();
  return {
    root: larder.root,
    daemon: null,
    ready,
    reasons,
    scan,
    durability,
    history: { log_bytes: logBytes, blob_bytes: blobBytes, free_bytes: freeBytes, total_bytes: totalBytes },
    seq: larder.seq,
    namespaces: larder.namespaces(),
  };
}

async function* problems(larder: Larder): AsyncGenerator<Problem> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = larder.problems({ collection: null, limit: PAGE, cursor: cursor ?? null });
    yield* page.items;
    cursor = page.next;
  }
}

const PERSON: Who = { actor: 'local', cause: 'api' };
const WHO: Who = { actor: 'local', cause: 'import' };

const importSink = (larder: Larder, collection: string): ImportSink => ({
  schema: async () => (await larder.schema(collection))?.json ?? null,
  write: async (items) => tally(await writeItems(larder, collection, items)),
});

/** Items with an id in one call, the others one by one: their ids are made from what they hold. */
async function writeItems(larder: Larder, collection: string, items: readonly ImportItem[]): Promise<WriteResult[]> {
  const named = items.flatMap(({ id, text }) =>
    id === null ? [] : [{ ref: { collection, id }, change: { op: 'put' as const, body: Buffer.from(text) } }],
  );
  const results = (await larder.writeAll(named, WHO)).values();
  return Promise.all(
    items.map(({ id, text }) => (id === null ? create(larder, collection, text) : Promise.resolve(take(results)))),
  );
}

function take(results: Iterator<WriteResult>): WriteResult {
  const next = results.next();
  return next.done === true ? { ok: false, error: new Error('no answer came') } : next.value;
}

const create = (larder: Larder, collection: string, text: string): Promise<WriteResult> =>
  larder.create(collection, Buffer.from(text), WHO).then(
    (written) => ({ ok: true, written }),
    (error: unknown) => ({ ok: false, error: error instanceof Error ? error : new Error(String(error)) }),
  );

function tally(results: readonly WriteResult[]): BatchResult {
  const count = (outcome: Written['outcome']): number =>
    results.filter((one) => one.ok && one.written.outcome === outcome).length;
  const refused = results.flatMap((one, at) => (one.ok ? [] : [{ at, ...sayError(one.error) }]));
  return { created: count('created'), updated: count('updated'), unchanged: count('unchanged'), refused };
}

/** The first fault says more than the sentence that holds for all. A fault of our own, or a full disk, ends the import. */
function sayError(error: Error): { readonly code: string; readonly detail: string } {
  if (!(error instanceof LarderError) || error.meaning.status >= 500) throw error;
  const [first] = error.errors;
  return {
    code: error.code,
    detail: first === undefined ? error.message : `${first.pointer ?? ''} ${first.detail}`.trim(),
  };
}
