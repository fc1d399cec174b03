/**
 * The tables. Everything in them can be made again from the event log and the files, so they are shaped for two things only:
 * a first index that costs little more than the full text it must build, and reads that touch a handful of pages. Each index
 * is paid for by every document of the first index, so each says what it is for; partial ones cost nothing where they do
 * not apply. Text compares by its UTF-8 bytes (BINARY), which is the order of every list.
 */

/** `LRDC`: marks the file as ours (sqlite.org/fileformat2.html, application id). */
export const APPLICATION_ID = 0x4c524443;
/** Another version on disk is set aside and rebuilt; there are no migrations of what can be derived. */
export const FORMAT_VERSION = 7;

const STATE = `
-- One row: which log is followed, and how far.
-- 'replaced' is JSON: how often each segment of the log had lost bodies when the places of the others in it were told last.
-- 'judged' is JSON: the digest of the schema by which the documents of each collection were marked last, to the last of them.
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1), log_id TEXT NOT NULL, reached INTEGER NOT NULL, replaced TEXT NOT NULL DEFAULT '{}',
  judged TEXT NOT NULL DEFAULT '{}'
) STRICT;

-- A scope is a namespace ('lod') or a collection ('lod/customers'): what lists, feeds and counts are asked by. The counters are
-- exact; they move with the rows they count, in the same transaction. 'present' counts paths with any head, of every kind.
CREATE TABLE scopes (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  documents INTEGER NOT NULL DEFAULT 0,
  present INTEGER NOT NULL DEFAULT 0,
  problems INTEGER NOT NULL DEFAULT 0
) STRICT;
`;

const PATHS = `
-- Every path that ever had an event or a problem. A rowid table, because full text and events name a path by its id. The
-- disk head is here, the served head is the event 'served_seq'. 'folded' is null where the path is its own folded form, and
-- 'known' is false for what is neither there nor wrong: a path that is only history. 'clean' says how far 'stat' is believed.
CREATE TABLE paths (
  id INTEGER PRIMARY KEY,
  directory TEXT NOT NULL,
  name TEXT NOT NULL,
  folded TEXT,
  kind INTEGER NOT NULL,
  scope INTEGER,
  document TEXT NOT NULL,
  disk_digest BLOB,
  disk_seq INTEGER NOT NULL,
  served_seq INTEGER,
  deleted_seq INTEGER,
  stat TEXT,
  clean INTEGER NOT NULL,
  problems INTEGER NOT NULL,
  known INTEGER NOT NULL
) STRICT;

-- From a path to its row: every look, read and write.
CREATE UNIQUE INDEX paths_by_name ON paths (directory, name);
-- What the rescan compares with a directory, however many names are only history by now.
CREATE INDEX known_by_name ON paths (directory, name) WHERE known;
-- Lists, of documents (kind 0) and of files (2); streams are in none. Documents alone have a text.
CREATE INDEX served_by_id ON paths (scope, document) WHERE kind IN (0, 2) AND served_seq IS NOT NULL;
-- Where a file with these bytes was, for moves. Digests come in no order, so each insert dirties a page of its own: six bytes
-- tell them apart, and a third of the pages is written (a second of ten at a first index of 100,000).
CREATE INDEX paths_by_digest ON paths (substr(disk_digest, 1, 6)) WHERE disk_digest IS NOT NULL;
-- Names that differ only in case or spelling; most paths are folded already and not in here.
CREATE INDEX paths_by_folded ON paths (folded) WHERE folded IS NOT NULL;
-- What is gone from a collection.
CREATE INDEX deleted_by_id ON paths (scope, document) WHERE kind IN (0, 2) AND deleted_seq IS NOT NULL;
-- What is neither: moved away, or never good. Lists of the past need it; few.
CREATE INDEX other_by_id ON paths (scope, document) WHERE kind IN (0, 2) AND served_seq IS NULL AND deleted_seq IS NULL;

-- Served documents. Apart from 'paths', so that walking names and heads never reads past texts.
CREATE TABLE documents (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
`;

const FULL_TEXT = `
-- Contentless: the text is in 'documents' already, and a second copy would double the file; what is lost is snippet(), which
-- can be made from the text. contentless_delete lets a row be replaced without telling FTS5 its old words. The tokenizer folds
-- case and diacritics and stems English.
CREATE VIRTUAL TABLE full_text USING fts5 (
  words, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);
-- Merging is done by full-text.ts in measured steps: FTS5's own merging stops one commit in some for 30 to 100 ms (at 300,000
-- documents). The second limit only bounds what a search has to visit should merging ever fall behind.
INSERT INTO full_text (full_text, rank) VALUES ('automerge', 0), ('crisismerge', 256);
`;

const EVENTS = `
-- One row a frame of the log: its events have the seqs from 'first' to 'last'.
CREATE TABLE sets (
  first INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  change_set TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  cause INTEGER NOT NULL,
  session TEXT,
  latest INTEGER NOT NULL
) STRICT;
-- From a moment to a seq.
CREATE INDEX sets_by_time ON sets (at, first);
-- Where the clock went back: 'latest' is the latest time up to and with this set.
CREATE INDEX sets_set_back ON sets (first, at) WHERE at < latest;
-- What somebody did, to be looked at or undone.
CREATE INDEX sets_by_change_set ON sets (change_set, first);
CREATE INDEX sets_by_actor ON sets (actor, first);
CREATE INDEX sets_by_session ON sets (session, first) WHERE session IS NOT NULL;

-- One row an event. 'path' and 'source' (of a move) are ids of paths. The place of the bytes: 'encoding' 0 nowhere, 1 in a blob,
-- 2 raw and 3 zstd in the log at segment, offset, length; 4 and 5 likewise, but only what was appended to the version 'base', with a
-- digest of its own ('part'). 'verdict' is JSON of what few events have.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  op INTEGER NOT NULL,
  kind INTEGER,
  path INTEGER NOT NULL,
  source INTEGER,
  digest BLOB,
  size INTEGER NOT NULL,
  before BLOB,
  modified INTEGER,
  encoding INTEGER NOT NULL,
  segment INTEGER,
  position INTEGER,
  length INTEGER,
  base INTEGER,
  part BLOB,
  in_force INTEGER,
  verdict TEXT
) STRICT;
-- History of a path; the rowid, which is the seq, is the last column of every index.
CREATE INDEX events_by_path ON events (path);
-- Moves, by where they came from and where they went; few.
CREATE INDEX moves_by_source ON events (source) WHERE source IS NOT NULL;
CREATE INDEX moves_by_target ON events (path) WHERE source IS NOT NULL;

-- The feed of a scope: an event is in those of its path, and a move in those of its source as well.
CREATE TABLE feed (scope INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (scope, seq)) STRICT, WITHOUT ROWID;
`;

const PROBLEMS = `
-- Open problems. A recorded one comes from the log; a derived one (it follows from files and schemas of today) may stand beside a
-- recorded one of the same code and shows when that ends. The path is here in full, because the list is in its order.
CREATE TABLE problems (
  path TEXT NOT NULL,
  code TEXT NOT NULL,
  derived INTEGER NOT NULL,
  id TEXT NOT NULL,
  path_id INTEGER NOT NULL,
  scope INTEGER,
  since INTEGER NOT NULL,
  digest BLOB,
  faults TEXT NOT NULL,
  PRIMARY KEY (path, code, derived)
) STRICT, WITHOUT ROWID;
CREATE INDEX problems_by_scope ON problems (scope, path, code);
CREATE INDEX problems_by_id ON problems (id);
`;

export const TABLES = [STATE, PATHS, FULL_TEXT, EVENTS, PROBLEMS].join('');
