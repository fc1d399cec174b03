/** The suite `json-parsing` through the API: each case as the member of an object, counted, each refusal by its name. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asMember, LEFT_OPEN, REFUSED_BEYOND_THE_GRAMMAR } from '../core/json-parsing-expected.ts';
import { withSuite } from '../core/suites.ts';
import { alive, expectAlive } from './answered.ts';
import { openWorld, type World } from './world.ts';

interface Refused {
  readonly code: string;
  readonly errors: readonly { readonly code: string; readonly line?: number; readonly column?: number }[];
}

withSuite('json-parsing', (suite) => {
  const cases = (prefix: string): string[] =>
    suite.names().filter((name) => name.startsWith(prefix) && name.endsWith('.json'));

  /** Null: written, and read back byte for byte as a document of that member. Otherwise the code of the first fault. */
  async function put(world: World, name: string): Promise<string | null> {
    const id = name.replace(/\.json$/, '').replaceAll(/[^\w-]/g, '_');
    const body = asMember(suite.bytes(name));
    const answer = await world.put(`/v1/lod/cases/${id}`, body, { 'content-type': 'application/json' });
    const file = join(world.root, `lod/cases/${id}.json`);
    if (answer.status === 201) {
      expect((await world.get(`/v1/lod/cases/${id}`)).text, name).toBe(answer.text);
      return null;
    }
    expect([answer.status, (answer.json as Refused).code], name).toEqual([400, 'bad_json']);
    expect(existsSync(file), name).toBe(false);
    const [first] = (answer.json as Refused).errors;
    expect(first?.line, name).toBeGreaterThan(0);
    return first?.code ?? 'none';
  }

  test('48 of 48 are accepted, or refused beyond the grammar by name', async () => {
    await using world = await openWorld({ files: alive });
    const names = cases('y_');
    expect(names).toHaveLength(48);
    for (const name of names) expect(await put(world, name), name).toBe(REFUSED_BEYOND_THE_GRAMMAR[name] ?? null);
    await expectAlive(world);
  });

  test('94 of 94 are refused with a place, and nothing is written', async () => {
    await using world = await openWorld({ files: alive });
    const names = cases('n_');
    expect(names).toHaveLength(94);
    for (const name of names) expect(await put(world, name), name).not.toBeNull();
    await expectAlive(world);
  });

  test('17 of 17 that the grammar leaves open are decided as FORMAT.md says', async () => {
    await using world = await openWorld({ files: alive });
    expect(cases('i_')).toEqual(Object.keys(LEFT_OPEN));
    for (const [name, code] of Object.entries(LEFT_OPEN)) expect(await put(world, name), name).toBe(code);
    await expectAlive(world);
  });
});
