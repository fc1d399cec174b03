/** The `Prefer` header (RFC 7240). What is not understood is ignored, unless `handling=strict` was said. */
import type { IncomingHttpHeaders } from 'node:http';
import { LarderError } from '../../core/errors.ts';

export interface Preferences {
  readonly return: 'minimal' | 'representation' | null;
  /** `tx=rollback`: judge in full, write nothing. */
  readonly dryRun: boolean;
  /** Merge with what happened since the version that If-Match names. */
  readonly merge: boolean;
  /** Seconds. */
  readonly wait: number | null;
  /** What was honoured, for `Preference-Applied`. */
  readonly applied: readonly string[];
}

const NONE: Preferences = { return: null, dryRun: false, merge: false, wait: null, applied: [] };

type Name = 'return' | 'tx' | 'merge' | 'wait' | 'handling';

const allowed: Readonly<Record<Name, RegExp>> = {
  return: /^(?:minimal|representation)$/,
  tx: /^rollback$/,
  merge: /^$/,
  wait: /^\d{1,4}$/,
  handling: /^(?:strict|lenient)$/,
};

/** Throws `bad_parameter` for an unknown `tx` always: to ignore a misspelt rollback would be to write. */
export function preferencesOf({ prefer }: IncomingHttpHeaders, taken: readonly Name[]): Preferences {
  if (prefer === undefined) return NONE;
  const said = splitPreferences(Array.isArray(prefer) ? prefer.join(',') : prefer);
  const isStrict = said.get('handling') === 'strict';
  const kept = new Map<string, string>();
  for (const [name, value] of said) {
    if (isUnderstood(name, value, taken)) kept.set(name, value);
    else if (isStrict || name === 'tx') throw notUnderstood(name, value, taken);
  }
  return {
    return: (kept.get('return') as Preferences['return']) ?? null,
    dryRun: kept.has('tx'),
    merge: kept.has('merge'),
    wait: kept.has('wait') ? Number(kept.get('wait')) : null,
    applied: [...kept].map(([name, value]) => (value === '' ? name : `${name}=${value}`)),
  };
}

const isUnderstood = (name: string, value: string, taken: readonly Name[]): boolean =>
  name === 'handling'
    ? allowed.handling.test(value)
    : taken.some((known) => known === name && allowed[known].test(value));

function notUnderstood(name: string, value: string, taken: readonly Name[]): LarderError {
  const shown = JSON.stringify(`${name}=${value}`.slice(0, 100));
  return new LarderError(
    'bad_parameter',
    `Prefer: ${shown} is not understood here; ${[...taken, 'handling'].join(', ')} are`,
  );
}

/** Of a preference that is given twice the first counts (RFC 7240, 2); parameters after `;` mean nothing to us. */
function splitPreferences(header: string): Map<string, string> {
  const said = new Map<string, string>();
  for (const piece of header.split(',')) {
    const [, name, value = ''] = /^\s*([^\s=;]+)\s*(?:=\s*"?([^";]*?)"?\s*)?(?:;.*)?$/.exec(piece) ?? [];
    const key = name?.toLowerCase();
    if (key !== undefined && !said.has(key)) said.set(key, value);
  }
  return said;
}
