import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileSchema } from '../../src/core/schemas/compile.ts';
import { withSuite } from '../core/suites.ts';

interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}

interface Known {
  /** Groups whose schema is refused as unreliable or leads out of the file: never judged wrongly, but not judged. */
  readonly refused: readonly string[];
  /** Cases that are judged otherwise than the suite says, on purpose: Larder asserts `format`. */
  readonly wrong: readonly string[];
}

const known = JSON.parse(readFileSync(new URL('./known-failures.json', import.meta.url), 'utf8')) as Known;

withSuite('json-schema-2020-12/tests', ({ names, json }) => {
  const outcome = { groups: 0, cases: 0, refused: [] as string[], wrong: [] as string[] };

  function judge(file: string, group: Group): void {
    outcome.groups += 1;
    const result = compileSchema(JSON.stringify(group.schema));
    if (result.kind === 'broken') return void outcome.refused.push(`${file}: ${group.description}`);
    for (const { data, valid, description } of group.tests) {
      outcome.cases += 1;
      const isFit = result.schema.judge(data).length === 0;
      if (isFit !== valid) outcome.wrong.push(`${file}: ${group.description}: ${description}`);
    }
  }

  for (const name of names().filter((file) => file.endsWith('.json'))) {
    for (const group of json(name) as Group[]) judge(name, group);
  }

  test('no schema of the mandatory suite is both accepted and judged wrongly, but that formats are asserted', () => {
    expect(outcome.wrong).toEqual(known.wrong);
    expect(known.wrong.every((one) => one.startsWith('format.json: '))).toBe(true);
  });

  test('the schemas that are refused are the listed ones', () => {
    expect(outcome.refused).toEqual(known.refused);
  });

  test('the suite is there in full', () => {
    expect(outcome.groups).toBeGreaterThan(300);
    expect(outcome.cases).toBeGreaterThan(1000);
  });
});
