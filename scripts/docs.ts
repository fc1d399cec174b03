/**
 * Writes the parts of docs/ that are made from the code: help texts into docs/cli.md, settings into docs/configuration.md.
 * `npm run docs` after a change of either; a test says when that was forgotten. The prose around them is written by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../src/cli/program.ts';
import { SETTING_NAMES, settingOf } from '../src/config/settings.ts';

const DOCS = join(import.meta.dirname, '../docs');
const HELP_WIDTH = 100;

interface Page {
  readonly file: string;
  /** The page with its made parts made anew. */
  readonly renew: (text: string) => string;
}

/** Where a made part begins and ends; the hand-written text goes on behind it. */
const blockOf = (name: string): RegExp => new RegExp(`(<!-- made: ${name} -->\\n)[\\s\\S]*?(\\n<!-- end -->)`);

const withBlock = (text: string, name: string, content: string): string =>
  text.replace(blockOf(name), (_all, head: string, tail: string) => head + content + tail);

function program(): Command {
  const io = { out: () => {}, err: () => {}, isTerminal: false, env: {}, workingDirectory: '/' };
  return createProgram({ ...io, signal: new AbortController().signal }, () => {});
}

interface NamedCommand {
  /** As typed behind `larder`. */
  readonly name: string;
  readonly help: string;
}

/** The options of all commands are told once. */
const helpOf = (command: Command): string =>
  command
    .configureOutput({ getOutHelpWidth: () => HELP_WIDTH })
    .helpInformation()
    .replace(/\nGlobal Options:[\s\S]*/, '')
    .trimEnd();

function commandsBelow(parent: Command, prefix: string): NamedCommand[] {
  return parent.commands.flatMap((command) => {
    const name = `${prefix}${command.name()}`;
    return [{ name, help: helpOf(command) }, ...commandsBelow(command, `${name} `)];
  });
}

export const commands = (): readonly NamedCommand[] => commandsBelow(program(), '');

const fenced = (text: string): string => `\n\`\`\`\n${text}\n\`\`\`\n`;

function renewCli(text: string): string {
  let page = withBlock(text.trimEnd(), 'larder', fenced(helpOf(program())));
  for (const { name, help } of commands()) {
    if (!blockOf(name).test(page)) page += `\n\n## larder ${name}\n\n<!-- made: ${name} -->\n\n<!-- end -->`;
    page = withBlock(page, name, fenced(help));
  }
  return `${page}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { fallback, env, flag, meaning } = settingOf(name);
    const spelled = [env, flag].map((one) => (one === undefined ? '' : `\`${one}\``));
    const shown = fallback === null ? '' : `\`${JSON.stringify(fallback).replace(/^"(.*)"$/, '$1')}\``;
    return `| \`${name}\` | ${shown} | ${spelled.join(' | ')} | ${cell(meaning)} |`;
  });
  return ['', '| Setting | Default | Variable | Flag | Meaning |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

export const PAGES: readonly Page[] = [
  { file: 'cli.md', renew: renewCli },
  { file: 'configuration.md', renew: (text) => withBlock(text, 'settings', settingsTable()) },
];

export const readPage = ({ file }: Page): string => readFileSync(join(DOCS, file), 'utf8');

if (import.meta.main) {
  for (const page of PAGES) writeFileSync(join(DOCS, page.file), page.renew(readPage(page)));
}
