import { existsSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

const CHROMIUM = '/usr/bin/chromium';
const files = { 'lod/customers/a.json': { v: 1 } };

interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly requested: readonly string[];
  readonly complaints: readonly string[];
}

async function visit({ port }: World, path: string): Promise<Visit> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`http://127.0.0.1:${port}${path}`, { waitUntil: 'networkidle' });
  return { page, requested, complaints, [Symbol.asyncDispose]: () => browser.close() };
}

test.skipIf(!existsSync(CHROMIUM))(
  'the reference is rendered by what the daemon serves, and no request leaves it',
  async () => {
    await using world = await openWorld({ files });
    await using visited = await visit(world, '/docs');
    await visited.page.getByText('Writes the whole document').first().click();
    await expect.poll(() => visited.page.getByText('/v1/{ns}/{collection}/{id}').count()).toBeGreaterThan(0);
    const origin = `http://127.0.0.1:${world.port}`;
    expect(visited.requested.length).toBeGreaterThan(2);
    expect(visited.requested.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'))).toEqual([]);
    expect(visited.complaints).toEqual([]);
  },
);

test.skipIf(!existsSync(CHROMIUM))('a page that was saved as a file runs nothing when it is opened', async () => {
  await using world = await openWorld({
    files: { 'lod/files/x.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title="ran"</script></svg>' },
  });
  await using visited = await visit(world, '/');
  const answer = await visited.page.evaluate(async () => {
    const { headers } = await fetch('/v1/lod/files/x.svg');
    return [headers.get('content-disposition'), headers.get('content-security-policy')];
  });
  expect(answer).toEqual([expect.stringMatching(/^attachment/), expect.stringMatching(/^sandbox/)]);
});
