// An in-memory Larder, only until the real one can be opened.
import { digestOf, type Digest } from '../../src/core/digest.ts';
import { LarderError } from '../../src/core/errors.ts';
import { feedEvent } from '../../src/core/feed.ts';
import { pathOf, type DocumentRef } from '../../src/core/refs.ts';
import type * as R from '../../src/core/requests.ts';
import type { FileAnswer, Larder } from '../../src/larder-types.ts';
import { WakeUp } from '../../src/util/wake-up.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface V {
  seq: number;
  bytes: Uint8Array | null;
  ref: DocumentRef;
  at: number;
  op: 'create' | 'update' | 'delete';
  cause: R.Who['cause'];
  actor: string;
  digest: Digest | null;
  before: Digest | null;
  changeSet: string;
  session: string | null;
}

export async function openStandIn({ root }: { root: string }): Promise<Larder> {
  const log: V[] = [];
  const heads = new Map<string, V>();
  const wake = new WakeUp();
  const record = (ref: DocumentRef, bytes: Uint8Array | null, who: R.Who, changeSet = `cs-${log.length + 1}`): V => {
    const path = pathOf(ref);
    const old = heads.get(path);
    const v: V = {
      seq: log.length + 1,
      bytes,
      ref,
      at: Date.now(),
      op: bytes ? (old?.bytes ? 'update' : 'create') : 'delete',
      cause: who.cause,
      actor: who.actor,
      digest: bytes ? digestOf(bytes) : null,
      before: old?.digest ?? null,
      changeSet,
      session: who.session ?? null,
    };
    log.push(v);
    heads.set(path, v);
    wake.ring();
    return v;
  };
  for (const name of readdirSync(root, { recursive: true }) as string[]) {
    if (!name.endsWith('.json') && !name.includes('/files/') && !name.endsWith('.jsonl')) continue;
    const [ns, c, ...rest] = name.split('/');
    try {
      record({ collection: `${ns}/${c}`, id: rest.join('/').replace(/\.json$/, '') }, readFileSync(join(root, name)), {
        actor: 'hand',
        cause: 'hand',
      });
    } catch {
      /* a directory */
    }
  }
  const served = (v: V): R.Served => ({
    kind: 'served',
    bytes: v.bytes as Uint8Array,
    etag: v.digest as Digest,
    seq: v.seq,
    modifiedMs: v.at,
    mark: null,
  });
  const read = async (ref: DocumentRef): Promise<R.ReadAnswer> => {
    const v = heads.get(pathOf(ref));
    return v?.bytes ? served(v) : { kind: 'missing', hint: null };
  };
  const inColl = (c: string, deleted = false) =>
    [...heads.values()]
      .filter((v) => v.ref.collection === c && !v.ref.id.startsWith('_') && (v.bytes === null) === deleted)
      .toSorted((a, b) => (a.ref.id < b.ref.id ? -1 : 1));
  const write: Larder['write'] = async ({ ref, change, preconditions: p }, who, options) => {
    const old = heads.get(pathOf(ref));
    const disk = old?.digest ?? null;
    const names = (w: '*' | readonly string[]) => disk !== null && (w === '*' || w.includes(disk));
    if ((p?.ifMatch && !names(p.ifMatch)) || (p?.ifNoneMatch && names(p.ifNoneMatch)))
      throw new LarderError('precondition_failed', 'no', { headers: disk ? { ETag: `"${disk}"` } : {} });
    if (change.op === 'put' && change.mustBeNew && disk) throw new LarderError('exists', 'there');
    let bytes: Uint8Array | null = null;
    if (change.op === 'delete') {
      if (!disk) throw new LarderError('not_found', 'no');
    } else {
      if (change.op !== 'put' && !disk) throw new LarderError('not_found', 'no');
      let value: unknown;
      try {
        value = JSON.parse(Buffer.from(change.body).toString());
      } catch {
        throw new LarderError('bad_json', 'bad');
      }
      if (change.op !== 'json-patch' && (typeof value !== 'object' || !value || Array.isArray(value)))
        throw new LarderError('bad_json', 'bad');
      bytes =
        change.op === 'put'
          ? change.body
          : Buffer.from(
              JSON.stringify({ ...JSON.parse(Buffer.from(old?.bytes ?? []).toString()), ...(value as object) }),
            );
    }
    if (options?.dryRun)
      return {
        outcome: 'updated',
        ref,
        etag: bytes ? digestOf(bytes) : null,
        seq: log.length,
        changeSet: 'dry',
        bytes,
      };
    const v = record(ref, bytes, who);
    return {
      outcome: v.op === 'create' ? 'created' : v.op === 'delete' ? 'deleted' : 'updated',
      ref,
      etag: v.digest,
      seq: v.seq,
      changeSet: v.changeSet,
      bytes,
    };
  };
  const page = <T>(all: T[], limit: number, cursor: string | null): R.Page<T> => {
    const from = cursor === null ? 0 : Number(cursor);
    if (!Number.isInteger(from)) throw new LarderError('bad_cursor', 'bad');
    return { items: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null };
  };
  const larder: Larder = {
    root,
    logId: 'a'.repeat(32),
    get seq() {
      return log.length;
    },
    ready: Promise.resolve(),
    readiness: () => ({ ready: true, reasons: [], scan: { looked: 1, total: 1 } }),
    status: () => ({
      root,
      logId: 'a',
      seq: log.length,
      checkpoint: 0,
      documents: heads.size,
      problems: 0,
      logBytes: 0,
      catalogBytes: 0,
      watcher: { kind: 'none', watches: 0 },
      durability: 'sync',
    }),
    read,
    readAt: async (ref, at) => {
      const v = log.findLast((e) => pathOf(e.ref) === pathOf(ref) && e.seq <= ('seq' in at ? at.seq : 1e9));
      return v?.bytes ? served(v) : { kind: 'missing', hint: null };
    },
    readVersion: async (ref, seq) => {
      const v = log[seq - 1];
      return v?.bytes && pathOf(v.ref) === pathOf(ref) ? served(v) : { kind: 'missing', hint: null };
    },
    openFile: async (ns, path): Promise<FileAnswer> => {
      const v = heads.get(`${ns}/files/${path}`);
      return v?.bytes
        ? {
            kind: 'file',
            size: v.bytes.length,
            etag: v.digest as Digest,
            seq: v.seq,
            modifiedMs: v.at,
            read: (s, e) => (v.bytes as Uint8Array).subarray(s, e),
            close: () => {},
          }
        : { kind: 'missing', hint: null };
    },
    namespaces: () =>
      [...new Set([...heads.values()].map((v) => v.ref.collection.split('/')[0] ?? ''))].map((name) => ({
        name,
        count: 1,
        schema: false,
        problems: 0,
      })),
    collections: (ns) => {
      const all = [...new Set([...heads.values()].map((v) => v.ref.collection))].filter((c) => c.startsWith(`${ns}/`));
      return all.length
        ? all.map((c) => ({ name: c.split('/')[1] ?? '', count: inColl(c).length, schema: false, problems: 0 }))
        : undefined;
    },
    list: (c, o) => {
      const all = inColl(c);
      return all.length
        ? page(
            all
              .filter((v) => v.ref.id.startsWith(o.prefix ?? ''))
              .map((v) => ({
                id: v.ref.id,
                text: Buffer.from(v.bytes as Uint8Array).toString(),
                etag: v.digest as Digest,
                seq: v.seq,
                path: pathOf(v.ref),
                modifiedMs: v.at,
                actor: v.actor,
                problem: null,
              })),
            o.limit,
            o.cursor,
          )
        : undefined;
    },
    listDeleted: (c, o) =>
      page(
        inColl(c, true).map((v) => ({ id: v.ref.id, seq: v.seq, atMs: v.at, actor: v.actor })),
        o.limit,
        o.cursor,
      ),
    write,
    create: async (c, body, who, o) => {
      let v: Record<string, unknown>;
      try {
        v = JSON.parse(Buffer.from(body).toString());
      } catch {
        throw new LarderError('bad_json', 'bad');
      }
      return write(
        {
          ref: { collection: c, id: String(v['_id'] ?? v['id'] ?? `new-${log.length}`) },
          change: { op: 'put', body, mustBeNew: true },
        },
        who,
        o,
      );
    },
    writeAll: async (rs, who, o) => {
      const out: R.WriteResult[] = [];
      for (const r of rs) {
        try {
          out.push({ ok: true, written: await write(r, who, o) });
        } catch (error) {
          if (o?.atomic) throw error;
          out.push({ ok: false, error: error as Error });
        }
      }
      return out;
    },
    putFile: (ns, path, bytes, who) => {
      const v = record({ collection: `${ns}/files`, id: path }, bytes, who);
      return Promise.resolve({
        outcome: v.op === 'create' ? 'created' : 'updated',
        ref: v.ref,
        etag: v.digest,
        seq: v.seq,
        changeSet: v.changeSet,
        bytes: null,
      });
    },
    deleteFile: (ns, path, who) => {
      const v = record({ collection: `${ns}/files`, id: path }, null, who);
      return Promise.resolve({
        outcome: 'deleted',
        ref: v.ref,
        etag: null,
        seq: v.seq,
        changeSet: v.changeSet,
        bytes: null,
      });
    },
    schema: async (c) => {
      const v = heads.get(`${c}/_schema.json`);
      return v?.bytes
        ? { json: JSON.parse(Buffer.from(v.bytes).toString()), bytes: v.bytes, etag: v.digest, problem: null }
        : null;
    },
    putSchema: (c, body, who) => write({ ref: { collection: c, id: '_schema' }, change: { op: 'put', body } }, who),
    schemas: () =>
      [...new Set([...heads.values()].map((v) => v.ref.collection))].map((collection) => ({ collection, json: null })),
    problems: () => ({ items: [], next: null }),
    history: (ref, { before, limit }) => {
      const all = log.filter((v) => pathOf(v.ref) === pathOf(ref) && v.seq < (before ?? 1e9)).toReversed();
      if (!all.length) return undefined;
      const items = all.slice(0, limit).map((v) => ({
        seq: v.seq,
        atMs: v.at,
        op: v.op,
        kind: v.bytes ? ('valid' as const) : ('deleted' as const),
        digest: v.digest,
        size: v.bytes?.length ?? 0,
        actor: v.actor,
        cause: v.cause,
        changeSet: v.changeSet,
        session: v.session,
      }));
      return { items, next: all.length > limit ? String(items.at(-1)?.seq) : null };
    },
    changes: (scope, start, limit, logId) => {
      if (logId !== null && logId !== larder.logId) return { kind: 'must-refetch', reason: 'another log' };
      const since = start === 'now' ? log.length : start === 'beginning' ? 0 : 'since' in start ? start.since : 0;
      if (since > log.length) return { kind: 'must-refetch', reason: 'future' };
      const all = log
        .slice(since)
        .filter(
          (v) =>
            scope.kind === 'all' ||
            (scope.kind === 'namespace'
              ? v.ref.collection.startsWith(`${scope.namespace}/`)
              : v.ref.collection === scope.collection),
        );
      const events = all.slice(0, limit).map((v) =>
        feedEvent(
          {
            seq: v.seq,
            atMs: v.at,
            op: v.op,
            path: pathOf(v.ref),
            from: null,
            digest: v.digest,
            before: v.before,
            actor: v.actor,
            cause: v.cause,
            changeSet: v.changeSet,
            session: v.session,
            code: null,
            faults: [],
          },
          scope,
        ),
      );
      const upToDate = all.length <= limit;
      return { kind: 'range', events, next: upToDate ? log.length : (events.at(-1)?.seq ?? since), upToDate };
    },
    waitForChange: async (after, signal) => {
      const next = wake.next(signal);
      if (log.length > after) return;
      await next;
    },
    rescan: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  return larder;
}
