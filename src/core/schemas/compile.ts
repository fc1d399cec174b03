/** From the text of a `_schema.json` to what judges documents: the front door of this folder. */
import type * as z from 'zod';
import { nearestName } from '../../util/nearest-name.ts';
import type { Fault } from '../events.ts';
import { readJsonValue } from '../json/read-json.ts';
import { below } from '../json/pointer.ts';
import { faultOf, unreliable, type Finding } from './findings.ts';
import { FORMATS } from './formats.ts';
import { compileJudge, type JudgeFaults } from './judge.ts';
import { isObject, isSchema, KNOWN_KEYWORDS, type Schema } from './keywords.ts';
import { linkedMetaSchema } from './meta-schema.ts';
import { linkReferences, type Linked } from './references.ts';
import { findUnsound } from './soundness.ts';
import { readXLarder, type XLarder } from './x-larder.ts';
import { zodOf } from './zod-type.ts';

export interface CompiledSchema {
  /** JSON Schema, as it was written. */
  readonly json: unknown;
  /** The same as a zod type. What it parses is the input itself: nothing is dropped, no default applied. */
  readonly zod: z.ZodType;
  /** `x-larder`. */
  readonly settings: XLarder;
  /**
   * Faults of a JSON value in document order, at most 50, codes `schema_<keyword>`; none when it fits. `text` is the text
   * that the value was read from, for lines and columns. Never throws.
   */
  readonly judge: JudgeFaults;
}

export type CompileResult =
  | { readonly kind: 'usable'; readonly schema: CompiledSchema; readonly warnings: Fault[] }
  /** `invalid`: it is no schema. `schema-unreliable`: it is one, and would be judged wrongly or not at all. */
  | { readonly kind: 'broken'; readonly code: 'invalid' | 'schema-unreliable'; readonly faults: Fault[] };

const LIMITS = { maxBytes: 1024 * 1024, maxDepth: 128 };
const MAX_FAULTS = 50;

/** Compiles on the calling thread, without a deadline: texts of unknown origin go through `compileWithDeadline` first. */
export function compileSchema(text: string): CompileResult {
  const read = readJsonValue(new TextEncoder().encode(text), LIMITS);
  if (read.kind === 'invalid') return { kind: 'broken', code: 'invalid', faults: [...read.faults] };
  const refused = judgeSchema(read.value, read.text);
  if (refused.length > 0) return { kind: 'broken', code: 'invalid', faults: refused };
  return isSchema(read.value) ? compileJson(read.value, read.text) : broken([], read.text);
}

type Broken = Extract<CompileResult, { kind: 'broken' }>;

/** What `compileSchema` makes of a text, as far as that crosses threads: who gets `usable` may call `compileSound`. */
export function tryText(text: string): Broken | { readonly kind: 'usable' } {
  const result = compileSchema(text);
  return result.kind === 'broken' ? result : { kind: 'usable' };
}

/** As `compileSchema`, of a text of which that is known to be no fault of it as a schema: half the time of the first. */
export function compileSound(text: string): CompileResult {
  const read = readJsonValue(new TextEncoder().encode(text), LIMITS);
  return read.kind === 'valid' && isSchema(read.value) ? compileJson(read.value, read.text) : compileSchema(text);
}

let metaJudge: JudgeFaults | undefined;

/** The meta-schema judges schemas as they judge documents. */
function judgeSchema(value: unknown, text: string): Fault[] {
  metaJudge ??= compileJudge(linkedMetaSchema());
  return metaJudge(value, text);
}

function compileJson(json: Schema, text: string): CompileResult {
  const larder = readXLarder(json);
  const linked = linkReferences(json);
  const findings = [...(larder.kind === 'broken' ? larder.findings : []), ...linked.findings];
  // References that lead nowhere would be followed nowhere.
  if (findings.length > 0 || larder.kind === 'broken') return broken(findings, text);
  const unsound = findUnsound(linked);
  if (unsound.length > 0) return broken(unsound, text);
  const judge = tryCompile(linked);
  if (typeof judge !== 'function') return broken([judge], text);
  const schema = { json, zod: zodOf(judge, json), settings: larder.settings, judge };
  return {
    kind: 'usable',
    schema,
    warnings: findIgnored(linked)
      .slice(0, MAX_FAULTS)
      .map((finding) => faultOf(finding, text)),
  };
}

function broken(findings: readonly Finding[], text: string): CompileResult {
  const kinds = findings.map(({ kind }) => kind);
  const code = kinds.includes('invalid') ? 'invalid' : 'schema-unreliable';
  return { kind: 'broken', code, faults: findings.slice(0, MAX_FAULTS).map((finding) => faultOf(finding, text)) };
}

function tryCompile(linked: Linked): JudgeFaults | Finding {
  try {
    return compileJudge(linked);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return unreliable('schema_not_compiled', '', `the schema cannot be compiled: ${reason}`);
  }
}

/** What 2020-12 passes over without a word: misspelt keywords above all. */
function findIgnored({ schemaByPlace }: Linked): Omit<Finding, 'kind'>[] {
  return [...schemaByPlace].flatMap(([place, schema]) => {
    if (!isObject(schema)) return [];
    const unknown = Object.keys(schema).filter((keyword) => !KNOWN_KEYWORDS.has(keyword) && !keyword.startsWith('x-'));
    return [...unknown.map((keyword) => ignoredKeyword(keyword, place)), ...ignoredFormat(schema['format'], place)];
  });
}

function ignoredKeyword(keyword: string, place: string): Omit<Finding, 'kind'> {
  const near = nearestName(keyword, [...KNOWN_KEYWORDS]);
  const hint = near === null ? '' : `; did you mean ${JSON.stringify(near)}?`;
  const detail = `${JSON.stringify(keyword)} is no keyword of JSON Schema 2020-12 and is ignored${hint}`;
  return { code: 'schema_ignored_keyword', pointer: below(place, keyword), detail };
}

function ignoredFormat(format: unknown, place: string): Omit<Finding, 'kind'>[] {
  if (typeof format !== 'string' || Object.hasOwn(FORMATS, format)) return [];
  const detail = `the format ${JSON.stringify(format)} is not checked`;
  return [{ code: 'schema_ignored_format', pointer: below(place, 'format'), detail }];
}
