import { expect, test } from 'vitest';
import { withSuite } from '../core/suites.ts';
import { alive, expectAlive, expectAnswered } from './answered.ts';
import { openWorld } from './world.ts';

withSuite('naughty-strings', (suite) => {
  const naughty = suite.json('blns.json') as string[];

  test('the suite has its 515 naughty strings', () => {
    expect(naughty).toHaveLength(515);
  });

  test('naughty strings as ids are stored and read back, or refused', async () => {
    await using world = await openWorld({ files: alive });
    let stored = 0;
    for (const text of naughty) {
      const url = `/v1/lod/naughty/${encodeURIComponent(text.toWellFormed())}`;
      const written = await world.put(url, { text });
      expectAnswered(written);
      const read = await world.get(url);
      expectAnswered(read);
      if (written.status < 300) expect(read.json).toEqual({ text });
      if (written.status === 201) stored += 1;
    }
    expect(stored).toBeGreaterThan(100);
    await expectAlive(world);
  });

  test('naughty strings as members and values come back as they are', async () => {
    await using world = await openWorld({ files: alive });
    for (const text of naughty.filter((one) => one !== '__proto__')) {
      const document = { [text]: text, list: [text] };
      expect((await world.put('/v1/lod/naughty/x', document)).status, text).toBeLessThan(300);
      expect((await world.get('/v1/lod/naughty/x')).json).toEqual(document);
    }
  });

  test('naughty strings in queries are answered', async () => {
    await using world = await openWorld({ files: alive });
    for (const text of naughty) {
      const value = encodeURIComponent(text.toWellFormed());
      for (const query of [
        `${value}=1`,
        `_cursor=${value}`,
        `_prefix=${value}`,
        `_at=${value}`,
        `_since=${value}`,
        `_${value}=x`,
      ]) {
        expectAnswered(await world.get(`/v1/lod/customers?${query}`));
      }
    }
    await expectAlive(world);
  });
});
