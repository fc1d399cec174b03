import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import type { Exchange } from '../exchange.ts';
import { CURSOR, parseSeq } from '../request/parameters.ts';
import { valueOf } from '../request/query.ts';

/** The cursor of a history is the seq that the next page goes on before. */
export function beforeOf({ target }: Exchange): Seq | null {
  const cursor = valueOf(target.query, CURSOR);
  if (cursor === null) return null;
  const seq = parseSeq(cursor);
  if (seq === null) throw new LarderError('bad_cursor', 'the cursor of a history is the next of its page');
  return seq;
}
