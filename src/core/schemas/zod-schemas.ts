/**
 * Schemas that were written in TypeScript as zod types. zod judges and nothing more: what it parses, with keys dropped and
 * defaults applied, is thrown away.
 */
import * as z from 'zod';
import type { Fault } from '../events.ts';
import { formatPointer } from '../json/pointer.ts';
import { placeOf } from '../json/places.ts';
import type { CompiledSchema } from './compile.ts';
import type { JudgeFaults } from './judge.ts';
import { readXLarder } from './x-larder.ts';

/**
 * JSON Schema 2020-12 of what a zod type accepts as input. Throws where the type has no JSON Schema (Date, bigint,
 * transform): a document is JSON, and could never be such a value.
 */
const jsonSchemaOf = (type: z.ZodType): unknown => z.toJSONSchema(type, { io: 'input' });

/** Judges documents with a zod type. `.meta({ 'x-larder': … })` carries the settings. Throws where these are wrong. */
export function judgeWithZod(type: z.ZodType): CompiledSchema {
  const json = jsonSchemaOf(type);
  const larder = readXLarder(json);
  if (larder.kind === 'broken')
    throw new Error(larder.findings.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; '));
  const judge: JudgeFaults = (value, text) => {
    const checked = type.safeParse(value);
    return checked.success ? [] : checked.error.issues.slice(0, MAX_FAULTS).map((issue) => faultOf(issue, text));
  };
  return { json, zod: type, settings: larder.settings, judge };
}

const MAX_FAULTS = 50;

function faultOf({ code, path, message }: z.core.$ZodIssue, text?: string): Fault {
  const pointer = formatPointer(path.map(String));
  return { code: `schema_${code}`, detail: message, pointer, ...(text === undefined ? {} : placeOf(text, pointer)) };
}
