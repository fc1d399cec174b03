/** Reads of what happened: the feed, and the history of a path through its earlier names. */
import type { Database } from 'better-sqlite3';
import type { Seq } from '../core/events.ts';
import { splitPath } from './places.ts';
import { decodeEvent, decodeMaybeNumber, decodeMove, decodeNumber, EVENT_COLUMNS, type MoveRow } from './rows.ts';
import { prepareQuery } from './sql.ts';
import type { Catalog, EventScope, StoredEvent } from './types.ts';
