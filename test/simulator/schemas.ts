/** Schemas that clients put and people save: what they ask of `v` differs, and some are broken. */
import type { Machine } from './machine.ts';

export const SCHEMAS = [
  '{"type": "object"}',
  '{"type": "object", "properties": {"v": {"type": "integer", "maximum": 60}}}',
  '{"type": "object", "required": ["v"], "properties": {"v": {"minimum": 5}}}',
];

export const BROKEN_SCHEMA = '{"type": 5}';

/** One that nobody has saved before. */
export function schemaText(machine: Machine, number: number): string {
  const schema: unknown = JSON.parse(machine.maybe(0.15) ? BROKEN_SCHEMA : machine.pick(SCHEMAS));
  return `${JSON.stringify({ $comment: `schema ${number}`, ...(schema as object) })}\n`;
}
