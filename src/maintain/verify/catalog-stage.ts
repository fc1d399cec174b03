/** The catalog's rows, texts and words beside what the log says. */
import type { AuditedPath, CatalogAudit } from '../../catalog/audit.ts';
import type { FoldedPath } from '../../catalog/fold-rows.ts';
import { searchTextOf } from '../../core/json/search-text.ts';
import type { JsonValue } from '../../core/json/value.ts';
import type { ProblemCode } from '../../core/problems.ts';
import { ServedTexts } from './served-texts.ts';
import type { Finding } from './types.ts';
import type { Run } from './subject.ts';

export async function compareCatalog(run: Run): Promise<void> {
  const { audit } = run.subject;
  if (!audit) return;
  let [done, strays, lastId] = [0, 0, 0];
  const texts = new ServedTexts(run, ({ path, digest }, found) => {
    if (!hasMoved(run, audit, path)) run.report(difference('text', path, digest, found, OTHER_TEXT));
  });
  for (const rows of audit.pages()) {
    for (const row of rows) compareRow(run, audit, texts, row);
    done += rows.length;
    const id = rows.at(-1)?.id ?? lastId;
    // While SQLite still holds the pages of these ids.
    strays += audit.strays(lastId, id);
    lastId = id;
    run.progress({ stage: 'catalog', done, total: audit.paths });
    await texts.sendWhenFull();
    await run.breathe();
  }
  await texts.finish();
  strays += audit.strays(lastId, Number.MAX_SAFE_INTEGER);
  if (strays > 0) run.report(difference('text', '', null, `${strays} entries`, STRAY));
  await findMissing(run, audit);
}

const OTHER_TEXT = 'lists would answer another text';
const STRAY = 'full text holds entries of no document';

function compareRow(run: Run, audit: CatalogAudit, texts: ServedTexts, row: AuditedPath): void {
  const folded = run.fold.get(row.path);
  const newest = Math.max(row.diskSeq, row.servedSeq ?? 0, row.deletedSeq ?? 0);
  if (newest > run.subject.upTo) return;
  if (!folded) {
    const isDerivedOnly =
      row.diskDigest === null && row.servedSeq === null && audit.recordedProblems(row.path).length === 0;
    if (!isDerivedOnly && !hasMoved(run, audit, row.path))
      run.report(difference('catalog', row.path, null, sayRow(row), 'the log knows nothing of this path'));
    return;
  }
  if (folded.lastSeq > Math.min(run.subject.upTo, audit.reached)) return;
  const findings = differencesOf(audit, folded, row);
  const { path, text } = row;
  const { servedDigest } = folded;
  if (row.isDocument && text !== null && servedDigest !== null) texts.add({ path, text, digest: servedDigest });
  if (findings.length > 0 && !hasMoved(run, audit, row.path)) for (const finding of findings) run.report(finding);
}

/** Something was recorded of the path since the log was read: the next verification compares that. */
function hasMoved({ subject }: Run, audit: CatalogAudit, path: string): boolean {
  for (let after = subject.upTo; ;) {
    const page = subject.isLive ? audit.events({ kind: 'all' }, after, EVENTS_PAGE) : [];
    if (page.some((event) => event.path === path || event.from === path)) return true;
    const last = page.at(-1);
    if (page.length < EVENTS_PAGE || !last) return false;
    after = last.seq;
  }
}

const EVENTS_PAGE = 500;

function differencesOf(audit: CatalogAudit, folded: FoldedPath, row: AuditedPath): Finding[] {
  const { path } = row;
  const isSame =
    row.diskDigest === folded.diskDigest &&
    row.servedSeq === folded.servedSeq &&
    row.deletedSeq === folded.deletedSeq &&
    (row.servedSeq === null || row.servedDigest === folded.servedDigest);
  const heads = isSame ? [] : [difference('catalog', path, sayFolded(folded), sayRow(row), HEADS_DIFFER)];
  return [...heads, ...problemsOf(audit, folded, row), ...textOf(audit, folded, row)];
}

const HEADS_DIFFER = 'the heads in the catalog are not those that the log gives; larder rebuild makes it anew';

function problemsOf(audit: CatalogAudit, folded: FoldedPath, row: AuditedPath): Finding[] {
  if (row.problems.length === 0 && folded.problems.length === 0) return [];
  const recorded = audit.recordedProblems(row.path);
  const missing = folded.problems.filter((code) => !recorded.includes(code));
  const stale = recorded.filter((code) => !folded.problems.includes(code));
  const say = (codes: readonly ProblemCode[]): string => (codes.length === 0 ? 'none' : codes.join(', '));
  if (missing.length === 0 && stale.length === 0) return [];
  return [
    difference(
      'problem',
      row.path,
      say(folded.problems),
      say(recorded),
      'the problems listed are not those of the log',
    ),
  ];
}

/** Lists answer from the text, search from the words. */
function textOf(audit: CatalogAudit, { servedDigest }: FoldedPath, row: AuditedPath): Finding[] {
  if (!row.isDocument) return [];
  const { path, text } = row;
  if (servedDigest === null) {
    return text === null && !row.hasWords ? [] : [difference('text', path, null, 'a text', 'nothing is served there')];
  }
  // A version whose bytes are kept nowhere any more has no text until a later one (types.ts of the catalog).
  if (text === null) return [];
  return isFound(audit, row, text) ? [] : [difference('text', path, 'words', 'none', 'search would not find it')];
}

/** Asks full text for the longest word of a document; of some hundred, because each question costs as much as ten documents. */
function isFound(audit: CatalogAudit, { id, hasWords }: AuditedPath, text: string): boolean {
  if (!hasWords) return false;
  if (id % Math.ceil(audit.paths / ASKED) !== 0) return true;
  const word = longestWord(searchTextOf(JSON.parse(text) as JsonValue));
  return word === null || audit.finds(id, word);
}

function longestWord(text: string): string | null {
  let longest = '';
  for (const [word] of text.slice(0, MOST_TEXT).matchAll(/(?<![^\s])[A-Za-z]{3,40}(?![^\s])/g))
    if (word.length > longest.length) longest = word;
  return longest === '' ? null : longest;
}

const ASKED = 300;
const MOST_TEXT = 4096;

/** Paths that the log knows as present and the catalog does not know at all. */
async function findMissing(run: Run, audit: CatalogAudit): Promise<void> {
  if (audit.paths === run.fold.count()) return;
  for (const page of run.fold.present(1000)) {
    for (const folded of page) if (isMissing(run, audit, folded)) run.report(missing(folded));
    await run.breathe();
  }
}

const isMissing = ({ subject }: Run, audit: CatalogAudit, { path, lastSeq }: FoldedPath): boolean =>
  lastSeq <= Math.min(subject.upTo, audit.reached) && !audit.knows(path);

const missing = (folded: FoldedPath): Finding =>
  difference('catalog', folded.path, sayFolded(folded), null, 'the catalog has no row for this path');

const difference = (
  code: Finding['code'],
  path: string,
  expected: string | null,
  found: string | null,
  detail: string,
): Finding => ({ kind: 'difference', code, path, expected, found, detail });

const sayFolded = ({ diskDigest, servedDigest, servedSeq }: FoldedPath): string =>
  `disk ${diskDigest ?? 'none'}, served ${servedDigest ?? 'none'} (seq ${servedSeq ?? 'none'})`;

const sayRow = ({ diskDigest, servedDigest, servedSeq }: AuditedPath): string =>
  `disk ${diskDigest ?? 'none'}, served ${servedDigest ?? 'none'} (seq ${servedSeq ?? 'none'})`;
