import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';

const SUITES = join(import.meta.dirname, '../../../shared/suites');

/** Public test data, read from beside the checkout. */
export interface Suite {
  readonly names: () => string[];
  readonly bytes: (name: string) => Buffer;
  readonly json: (name: string) => unknown;
}

/** Runs the body with the suite in this folder; without it one skipped test says aloud what is missing. */
export function withSuite(folder: string, body: (suite: Suite) => void): void {
  const path = join(SUITES, folder);
  const bytes = (name: string): Buffer => readFileSync(join(path, name));
  describe(`suite ${folder}`, () => {
    if (!existsSync(path)) {
      test.skip(`skipped: needs ../shared/suites/${folder}`, () => {});
      return;
    }
    body({ names: () => readdirSync(path).toSorted(), bytes, json: (name) => JSON.parse(bytes(name).toString()) });
  });
}
