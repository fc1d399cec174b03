import * as z from 'zod';
import { parsePointer } from '../json/pointer.ts';
import type { JudgeFaults } from './judge.ts';

/** A zod type that judges with a compiled schema. It gives back its very input, and its JSON Schema is the schema's own. */
export function zodOf(judge: JudgeFaults, json: unknown): z.ZodType {
  const type = z.unknown().check(({ value, issues }) => {
    for (const { code, detail, pointer = '' } of judge(value)) {
      issues.push({
        code: 'custom',
        input: value,
        message: detail,
        path: parsePointer(pointer) ?? [],
        params: { code },
      });
    }
  });
  type._zod.toJSONSchema = () => json;
  return type;
}
