/**
 * The query string. Parameters of Larder start with `_`; anything else would be a filter, which is not offered yet. A name
 * that is not known, or one given twice, is refused with the nearest known name instead of being ignored: a misspelt
 * `_limt` would otherwise answer something that was not asked for.
 */
import { LarderError } from '../../core/errors.ts';
import { nearestName } from '../../util/nearest-name.ts';
import type { Parameter } from './parameters.ts';

/** Decoded values by decoded name, in the order of the URL. */
export type Query = ReadonlyMap<string, string>;

const EMPTY: Query = new Map();

export function parseQuery(text: string): Query {
  if (text === '') return EMPTY;
  const query = new Map<string, string>();
  for (const piece of text.split('&')) {
    const mark = piece.indexOf('=');
    const name = decode(mark < 0 ? piece : piece.slice(0, mark));
    if (query.has(name)) throw new LarderError('bad_parameter', `${show(name)} is given twice`);
    query.set(name, mark < 0 ? '' : decode(piece.slice(mark + 1)));
  }
  return query;
}

/** As forms do: `+` is a space. Overlong forms and lone surrogates are malformed. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new LarderError('bad_parameter', 'the query holds a malformed percent escape, or one that is not UTF-8');
  }
}

const show = (name: string): string => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);

/** Throws `unknown_parameter` for the first name that the route does not take. */
export function refuseUnknown(query: Query, known: readonly Parameter<unknown>[]): void {
  for (const name of query.keys()) {
    if (!known.some((parameter) => parameter.name === name))
      throw unknown(
        name,
        known.map((parameter) => parameter.name),
      );
  }
}

function unknown(name: string, known: readonly string[]): LarderError {
  if (!name.startsWith('_')) {
    return new LarderError('unknown_parameter', `${show(name)} is no parameter: filters by field are not offered yet`);
  }
  const offered = known.length === 0 ? 'none is taken here' : `taken here: ${known.join(', ')}`;
  const nearest = nearestName(name, known);
  const detail =
    nearest === null
      ? `${show(name)} is not known; ${offered}`
      : `${show(name)} is not known; did you mean ${nearest}?`;
  return new LarderError('unknown_parameter', detail, {
    members: { parameter: name, ...(nearest !== null && { nearest }) },
  });
}

/** The value of one parameter, or what it means when it is absent. */
export function valueOf<T>(query: Query, parameter: Parameter<T>): T {
  const text = query.get(parameter.name);
  return text === undefined ? parameter.absent : parameter.parse(text);
}
