/** Versions that are not there: what every face says of them. */
import { LarderError } from './errors.ts';
import type { Seq } from './events.ts';
import type { DocumentRef } from './refs.ts';

/** Nothing was served there at a moment. Where the time can mean a later one as well, it may have been there then. */
export function missingThen(
  { collection, id }: DocumentRef,
  hint: string | null,
  { seq, isAmbiguous }: { readonly seq: Seq; readonly isAmbiguous: boolean },
  headers: Readonly<Record<string, string>> = {},
): LarderError {
  const doubt = `It was not there after seq ${seq}, but the clock went back, and that time can mean a later moment: name a seq.`;
  return new LarderError('not_found', `${collection}/${id} is not there`, {
    members: isAmbiguous ? { hint: doubt } : hint === null ? {} : { hint },
    headers,
  });
}

export const sayWhereVersionsAre = ({ collection, id }: DocumentRef): string =>
  `GET /v1/${collection}/${id}/_history, or larder log ${collection}/${id}, lists its versions.`;

export const noVersion = (ref: DocumentRef, seq: Seq): LarderError =>
  new LarderError('not_found', `version ${seq} of ${ref.collection}/${ref.id} is not there`, {
    members: { hint: sayWhereVersionsAre(ref) },
  });
