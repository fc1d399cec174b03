/** A daemon over HTTP. */
import { LarderError } from '../core/errors.ts';
import type { Problem } from '../core/problems.ts';
import type { Page, ReadinessReport, Summary } from '../core/requests.ts';
import type { BatchResult, ImportItem, ImportSink } from '../maintain/import-types.ts';
import type { Choice } from '../larder-guards.ts';
import { ask, getJson, pages, parseObject, pathOf, send, type ProblemBody } from './http-asking.ts';
import { httpVersions } from './http-versions.ts';
import type { Access, HistoryReport, CollectionSchema, DecidedReport, StatusReport } from './access.ts';

interface Target {
  readonly url: string;
  readonly pid: number | null;
}

/** `root`: what the daemon serves, when that is known. */
export function openHttpAccess(daemon: Target, root: string | null): Access {
  return {
    status: () => status(daemon, root),
    problems: () => pages<Problem>(daemon.url, '/v1/_problems'),
    decide: (decision, id, choice, isPreview) => decide(daemon.url, decision, id, choice, isPreview),
    schemas: () => schemas(daemon.url),
    versions: httpVersions(daemon.url),
    normalise: (paths, indent, isPreview) => post(daemon.url, '/v1/_normalise', { paths, indent }, isPreview),
    prune: (isPreview) => post(daemon.url, '/v1/_prune', null, isPreview),
    forget: (path, seq, { isPreview, only }) =>
      post(daemon.url, '/v1/_forget', { path, ...(seq !== null && { seq }), ...(only && { only }) }, isPreview),
    importSink: (collection) => importSink(daemon.url, collection),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Work that changes something; `isPreview` asks what it would change. */
async function post<T>(url: string, path: string, body: object | null, isPreview: boolean): Promise<T> {
  const headers = {
    'Content-Type': 'application/json',
    ...(isPreview && { Prefer: 'tx=rollback' }),
  };
  const init = { method: 'POST', headers, ...(body !== null && { body: JSON.stringify(body) }) };
  return JSON.parse((await ask(url, path, init)).text) as T;
}

type DecidedBody = Omit<DecidedReport, 'changeSets' | 'session'> & {
  readonly change_sets: readonly string[];
  readonly session?: string;
};

async function decide(
  url: string,
  decision: 'confirm' | 'dismiss',
  id: string,
  choice: Choice,
  isPreview: boolean,
): Promise<DecidedReport> {
  const headers = { 'Content-Type': 'application/json', ...(isPreview && { Prefer: 'tx=rollback' }) };
  const init = { method: 'POST', headers, body: JSON.stringify(choice) };
  const { text } = await ask(url, `/v1/_problems/${encodeURIComponent(id)}/_${decision}`, init);
  const { change_sets: changeSets, session = null, ...decided } = JSON.parse(text) as DecidedBody;
  return { ...decided, changeSets, session };
}

interface Readyz extends Partial<ReadinessReport> {
  readonly status: string;
  readonly history?: HistoryReport;
}

/** Never waits: what is not known yet is null. */
async function status({ url, pid }: Target, root: string | null): Promise<StatusReport> {
  const readyz = parseObject((await send(url, '/readyz', {})).text) as Readyz;
  const { reasons = [], scan = null, durability = null, history = null } = readyz;
  const namespaces = await send(url, '/v1', {});
  const isListed = namespaces.status === 200;
  return {
    root,
    daemon: { url, pid },
    ready: readyz.status === 'ready',
    reasons,
    scan,
    durability,
    history,
    seq: isListed ? Number(namespaces.headers.get('larder-seq')) : null,
    namespaces: isListed ? (parseObject(namespaces.text) as Page<Summary>).items : null,
  };
}

async function schemas(url: string): Promise<CollectionSchema[]> {
  const found: CollectionSchema[] = [];
  const { items: namespaces } = await getJson<Page<Summary>>(url, '/v1');
  for (const { name: namespace } of namespaces) {
    const { items } = await getJson<Page<Summary>>(url, `/v1/${encodeURIComponent(namespace)}`);
    for (const { name, schema } of items) {
      const collection = `${namespace}/${name}`;
      found.push({ collection, json: schema ? await getJson(url, `${pathOf(collection)}/_schema`) : null });
    }
  }
  return found;
}

function importSink(url: string, collection: string): ImportSink {
  return {
    schema: () => schemaOf(url, collection),
    write: async (items) => {
      const headers = { 'Content-Type': 'application/x-ndjson', Accept: 'application/x-ndjson' };
      const body = items.map(lineOf).join('');
      return resultOf((await ask(url, `${pathOf(collection)}/_bulk`, { method: 'POST', headers, body })).text);
    },
  };
}

async function schemaOf(url: string, collection: string): Promise<unknown> {
  try {
    return await getJson(url, `${pathOf(collection)}/_schema`);
  } catch (error) {
    if (error instanceof LarderError && error.code === 'not_found') return null;
    throw error;
  }
}

/** A raw line end in JSON text is only ever white space, so the document goes on one line with its numbers as they are. */
function lineOf({ id, text }: ImportItem): string {
  const op = id === null ? '"op":"create"' : `"op":"put","id":${JSON.stringify(id)}`;
  return `{${op},"doc":${text.replace(/[\r\n]+/g, ' ')}}\n`;
}

interface ResultLine {
  readonly i?: number;
  readonly problem?: ProblemBody;
  readonly summary?: Readonly<Record<'created' | 'updated' | 'unchanged', number>>;
}

function resultOf(text: string): BatchResult {
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ResultLine);
  const summary = lines.at(-1)?.summary;
  if (summary === undefined) throw new LarderError('no_daemon', 'the daemon ended before it had answered');
  const refused = lines.flatMap(({ i: at = 0, problem }) =>
    problem === undefined ? [] : [{ at, code: problem.code ?? 'internal', detail: sayProblem(problem) }],
  );
  return { created: summary.created, updated: summary.updated, unchanged: summary.unchanged, refused };
}

/** The first fault says more than the sentence that holds for all. */
function sayProblem({ detail = '', errors = [] }: ProblemBody): string {
  const [first] = errors;
  if (first === undefined) return detail;
  return `${first.pointer === undefined || first.pointer === '' ? '' : `${first.pointer} `}${first.detail}`;
}
