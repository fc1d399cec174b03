import type { Fault } from '../events.ts';
import { placeOf } from '../json/places.ts';

/** What is wrong with a schema: it is none (`invalid`), or it is one that would be judged wrongly (`schema-unreliable`). */
export interface Finding {
  readonly kind: 'invalid' | 'schema-unreliable';
  readonly code: string;
  readonly pointer: string;
  readonly detail: string;
}

export const invalid = (code: string, pointer: string, detail: string): Finding => ({
  kind: 'invalid',
  code,
  pointer,
  detail,
});

export const unreliable = (code: string, pointer: string, detail: string): Finding => ({
  kind: 'schema-unreliable',
  code,
  pointer,
  detail,
});

/** The finding as it is reported, with its place where there is a text. */
export const faultOf = ({ code, pointer, detail }: Omit<Finding, 'kind'>, text?: string): Fault => ({
  code,
  detail,
  pointer,
  ...(text === undefined ? {} : placeOf(text, pointer)),
});
