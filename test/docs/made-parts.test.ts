import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { commands, PAGES, readPage } from '../../scripts/docs.ts';
import { NOT_OFFERED, NOT_OFFERED_VARIABLES, SETTING_NAMES, settingOf } from '../../src/config/settings.ts';

const ROOT = join(import.meta.dirname, '../..');

test.each(PAGES)('what docs/$file has from the code is as the code is (npm run docs makes it so)', (page) => {
  expect(page.renew(readPage(page))).toBe(readPage(page));
});

test('every command has a section with something said beyond its help text', () => {
  const text = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');
  expect(commands().length).toBeGreaterThan(5);
  const silent = commands().filter(({ name }) => !new RegExp(`^## larder ${name}\\n\\n(?!<!--)\\S`, 'm').test(text));
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test('every setting and variable is in docs/configuration.md, and every variable there is known', () => {
  const text = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  const variables = SETTING_NAMES.flatMap((name) => settingOf(name).env ?? []);
  const words = [...SETTING_NAMES, ...NOT_OFFERED, ...variables, ...NOT_OFFERED_VARIABLES];
  expect(words.filter((word) => !text.includes(`\`${word}\``))).toEqual([]);
  const told = [...text.matchAll(/`(LARDER_\w+)`/g)].map(([, name = '']) => name);
  expect(told.filter((name) => ![...words, 'LARDER_CONFIG'].includes(name))).toEqual([]);
});

/** Links of Markdown to files of the project, and to headings in them. */
function brokenLinks(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replace(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    const [path = '', heading] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(ROOT, target))) return [`${page}: ${link}`];
    return heading === undefined || headingsOf(target).includes(heading) ? [] : [`${page}: ${link}`];
  });
}

const headingsOf = (page: string): string[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

const pages = [
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'src/README.md',
  'data/README.md',
].filter((page) => page.endsWith('.md'));

test.each(pages)('every link of %s leads somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});
