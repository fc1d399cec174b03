import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDemoRoot, demoDocuments } from '../../scripts/demo-root.ts';
import { openLarder } from '../../src/index.ts';

test('the demo is real data: weaknesses, web features, webhook payloads, countries', () => {
  const count = (collection: string): number => demoDocuments().get(collection)?.size ?? 0;
  expect(count('security/weaknesses')).toBe(964);
  expect(count('web/features')).toBeGreaterThanOrEqual(1200);
  expect(count('github/webhooks')).toBe(329);
  expect(count('world/countries')).toBe(250);
});

test(
  'the demo root is served whole; what its schemas refuse is really wrong in the packages',
  { timeout: 120_000 },
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'larder-demo-'));
    try {
      const { documents, collections } = buildDemoRoot(root);
      await using larder = await openLarder({ root, watcher: 'none' });
      await larder.ready;
      const listed = (): number => larder.problems({ collection: null, limit: 1000, cursor: null }).items.length;
      await expect.poll(() => larder.status().documents + listed(), { timeout: 30_000 }).toBe(documents);
      expect(collections).toBe(6);
      const { items } = larder.problems({ collection: null, limit: 1000, cursor: null });
      // Addresses with a % that begins no escape.
      expect(items.map(({ errors }) => errors[0]?.detail)).toEqual(items.map(() => 'must be a valid uri'));
      expect(items.length).toBeLessThan(10);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);
