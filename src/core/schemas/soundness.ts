/**
 * What the meta-schema cannot say: schemas that mean something to a reader and cannot be judged, or only wrongly, or only at
 * a cost that a document should not decide. Each is refused where it stands.
 */
import { below } from '../json/pointer.ts';
import { invalid, unreliable, type Finding } from './findings.ts';
import { IN_PLACE, isObject, subschemasOf } from './keywords.ts';
import { META_SCHEMA, type Linked } from './references.ts';
import { readPattern } from './regular-expressions.ts';

export const findUnsound = (linked: Linked): Finding[] => [
  ...[...linked.schemaByPlace].flatMap(([place, schema]) =>
    isObject(schema) ? [...dialectFindings(schema['$schema'], place), ...patternFindings(schema, place)] : [],
  ),
  ...findEndless(linked),
];

/** Another dialect gives other meanings to the same words; so does a vocabulary of one's own. */
function dialectFindings(dialect: unknown, place: string): Finding[] {
  if (dialect === undefined || dialect === META_SCHEMA || dialect === `${META_SCHEMA}#`) return [];
  const detail = `is written for another dialect than JSON Schema 2020-12 (${META_SCHEMA})`;
  return [unreliable('schema_dialect', below(place, '$schema'), detail)];
}

function patternFindings(schema: Readonly<Record<string, unknown>>, place: string): Finding[] {
  const { pattern, patternProperties } = schema;
  const own = typeof pattern === 'string' ? [{ source: pattern, at: below(place, 'pattern') }] : [];
  const names = isObject(patternProperties) ? Object.keys(patternProperties) : [];
  const byName = names.map((source) => ({ source, at: below(below(place, 'patternProperties'), source) }));
  return [...own, ...byName].flatMap(({ source, at }) => patternFinding(source, at) ?? []);
}

function patternFinding(source: string, place: string): Finding | null {
  const reading = readPattern(source);
  if (reading.kind === 'pattern') return null;
  const detail = `the pattern ${reading.detail}`;
  return reading.kind === 'malformed'
    ? invalid('schema_pattern', place, detail)
    : unreliable('schema_pattern', place, detail);
}

/** Schemas in place in each other, at most; each is a call on the stack when a value is judged. */
const MAX_CHAIN = 256;

/** Schemas in place that judge one value, at most. Two references in each of 20 definitions are a million. */
const MAX_PATHS = 10_000;

interface Reach {
  readonly paths: number;
  readonly chain: number;
}

/** Follows what judges the same value: a reference back to where one came from never ends, a web of them costs 2^n. */
function findEndless(linked: Linked): Finding[] {
  const known = new Map<string, Reach>();
  const open = new Set<string>();
  const findings: Finding[] = [];
  const reach = (place: string): Reach => {
    const before = known.get(place);
    if (before !== undefined) return before;
    const stop = open.has(place) ? endless(place) : open.size > MAX_CHAIN ? tooLong(place) : null;
    if (stop !== null) findings.push(stop);
    if (stop !== null) return { paths: 1, chain: 1 };
    open.add(place);
    const inner = placesInPlace(linked, place).map(reach);
    open.delete(place);
    const found = {
      paths: 1 + sum(inner.map(({ paths }) => paths)),
      chain: 1 + Math.max(0, ...inner.map(({ chain }) => chain)),
    };
    if (found.paths > MAX_PATHS) findings.push(tooMany(place));
    if (found.chain > MAX_CHAIN) findings.push(tooLong(place));
    known.set(place, found.paths > MAX_PATHS || found.chain > MAX_CHAIN ? { paths: 1, chain: 1 } : found);
    return found;
  };
  for (const place of linked.schemaByPlace.keys()) reach(place);
  return findings;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const endless = (place: string): Finding =>
  invalid('schema_endless', place, 'refers back to itself without going into the value: judging would never end');

const tooLong = (place: string): Finding =>
  unreliable('schema_too_deep', place, `more than ${MAX_CHAIN} schemas are in place in each other here`);

const tooMany = (place: string): Finding =>
  unreliable('schema_too_costly', place, `more than ${MAX_PATHS} schemas would judge each value here`);

function placesInPlace(linked: Linked, place: string): string[] {
  const schema = linked.schemaByPlace.get(place);
  if (!isObject(schema)) return [];
  const inner = subschemasOf(schema, place).filter(({ keyword }) => IN_PLACE.has(keyword));
  const targets = ['$ref', '$dynamicRef'].flatMap((keyword) => linked.targetByPlace.get(below(place, keyword)) ?? []);
  return [...inner.map(({ pointer }) => pointer), ...targets.filter((target) => target !== META_SCHEMA)];
}
