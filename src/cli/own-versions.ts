/** Versions of a root that is opened for one command. */
import { LarderError } from '../core/errors.ts';
import { formatItem } from '../core/list-items.ts';
import { missingThen, noVersion } from '../core/not-there.ts';
import { parseMoment } from '../core/moments.ts';
import { sayNotServed } from '../core/problem-hints.ts';
import { holdsFiles, pathOf, SCHEMA_ID, type DocumentRef } from '../core/refs.ts';
import type { At, CurrentAnswer, Who } from '../core/requests.ts';
import { tellDeletion, tellVersion, type ToldDeletion } from '../core/told-versions.ts';
import type { FileAnswer, Larder } from '../larder-types.ts';
import type { PastList, VersionsAccess } from './versions-access.ts';

const PERSON: Who = { actor: 'local', cause: 'api' };
const PAGE = 1000;

export function ownVersions(larder: Larder): VersionsAccess {
  const { versions } = larder;
  return {
    async history(ref, limit) {
      const page = larder.history(ref, { before: null, limit });
      if (page === undefined) throw missing(ref, versions.near(ref.collection, ref.id) ?? 'It has no history either.');
      return page.items.map(tellVersion);
    },
    recent: async (scope, limit) => versions.recent(scope, { before: null, limit }).items,
    deleted: (collection) => deleted(larder, collection),
    diff: (ref, from, to, as) => versions.diff(ref, { from, to, as }),
    async read(ref, at) {
      if (at === null) return { bytes: await currentBytes(larder, ref), moment: null };
      const when = parseAt(at);
      const found = await (holdsFiles(ref.collection) ? versions.fileAt(ref, when) : larder.readAt(ref, when));
      const moment = versions.moment(when);
      if (found.kind === 'missing') throw missingThen(ref, found.hint, moment);
      return { bytes: bytesOf(found, ref), moment };
    },
    async version(ref, seq) {
      const found = await (holdsFiles(ref.collection) ? versions.fileVersion(ref, seq) : larder.readVersion(ref, seq));
      if (found.kind === 'missing') throw noVersion(ref, seq);
      return bytesOf(found, ref);
    },
    listAt: (collection, at) => listAt(larder, collection, at),
    undo: (request, isPreview) => versions.undo(request, PERSON, { dryRun: isPreview }),
  };
}

async function currentBytes(larder: Larder, ref: DocumentRef): Promise<Uint8Array> {
  const [namespace = ''] = ref.collection.split('/');
  if (holdsFiles(ref.collection)) return bytesOf(await larder.openFile(namespace, ref.id), ref);
  if (ref.id !== SCHEMA_ID) return bytesOf(await larder.read(ref), ref);
  const bytes = (await larder.schema(ref.collection))?.bytes;
  if (!bytes) throw missing(ref, null);
  return bytes;
}

function parseAt(text: string): At {
  if (/^\d{1,15}$/.test(text)) return { seq: Number(text) };
  const timeMs = parseMoment(text);
  if (timeMs !== null) return { timeMs };
  throw new LarderError('bad_parameter', `${text} is neither a seq nor an RFC 3339 time such as 2026-01-31T12:00:00Z`);
}

const missing = ({ collection, id }: DocumentRef, hint: string | null): LarderError =>
  new LarderError('not_found', `${collection}/${id} is not there`, hint === null ? {} : { members: { hint } });

function bytesOf(answer: CurrentAnswer | FileAnswer, ref: DocumentRef): Uint8Array {
  if (answer.kind === 'open' || answer.kind === 'file') {
    try {
      return answer.read(0, answer.size);
    } finally {
      answer.close();
    }
  }
  if (answer.kind === 'served') return answer.bytes;
  if (answer.kind === 'missing') throw missing(ref, answer.hint);
  const { errors, hint } = answer.problem;
  throw new LarderError('not_servable', sayNotServed(pathOf(ref), answer.problem), { errors, members: { hint } });
}

function noCollection({ versions }: Larder, collection: string): LarderError {
  const hint = versions.near(collection);
  return new LarderError(
    'not_found',
    `collection ${collection} is not there`,
    hint === null ? {} : { members: { hint } },
  );
}

async function* deleted(larder: Larder, collection: string): AsyncGenerator<ToldDeletion> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = larder.listDeleted(collection, { limit: PAGE, cursor: cursor ?? null });
    if (page === undefined) throw noCollection(larder, collection);
    yield* page.items.map(tellDeletion);
    cursor = page.next;
  }
}

async function* listAt(larder: Larder, collection: string, at: string): AsyncGenerator<PastList> {
  const when = parseAt(at);
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await larder.versions.listAt(collection, {
      limit: PAGE,
      prefix: null,
      cursor: cursor ?? null,
      at: when,
    });
    if (page === undefined) throw noCollection(larder, collection);
    yield { items: page.items.map((item) => formatItem(item, false)), moment: page.moment };
    cursor = page.next;
  }
}
