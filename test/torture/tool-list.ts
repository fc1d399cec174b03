/** The ways in which people and programs save files, each by the real program. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** A document to be saved: where it is, and a file with what it is to hold then. */
interface Saving {
  readonly target: string;
  readonly source: string;
  /** The value of the member `v` afterwards. */
  readonly version: number;
}

export interface Batch {
  /** The directory of the documents, the one of their sources, and a place for whatever the tool needs. */
  readonly directory: string;
  readonly sources: string;
  readonly place: string;
}

export type Command = readonly [program: string, ...args: string[]];

export interface Tool {
  readonly name: string;
  readonly programs: readonly string[];
  /** Saves one document; or, with `all`, every document of the directory. */
  readonly one?: (saving: Saving, place: string) => Command;
  readonly all?: (batch: Batch) => Command;
  /** Runs before `all`, and is never killed. */
  readonly prepare?: (batch: Batch) => readonly Command[];
  /** Documents hold a line, because this tool types it. */
  readonly small?: true;
  /** Raises no event: seen by the next read or rescan. */
  readonly silent?: true;
  /** Leaves files broken. */
  readonly breaks?: true;
  /** At most so many files, because each takes long. */
  readonly most?: number;
}

/** Without a terminal, and without the settings of whoever runs the tests. */
const QUIETLY = '-es -N -u NONE -i NONE'.split(' ');

const vim = (name: string, backupcopy: string): Tool => ({
  name,
  programs: ['vim'],
  one: ({ target, source }) => [
    'vim',
    ...QUIETLY,
    '-c',
    `set backupcopy=${backupcopy} writebackup`,
    '-c',
    '%d _',
    '-c',
    `call setline(1, readfile('${source}'))`,
    '-c',
    'wq!',
    target,
  ],
});

const rsync = (name: string, ...options: string[]): Tool => ({
  name,
  programs: ['rsync'],
  all: ({ directory, sources }) => ['rsync', '-a', '--ignore-times', ...options, `${sources}/`, `${directory}/`],
});

/** Cuts everything to the end, types the new text, writes, leaves. */
function nanoKeys({ version }: Saving, place: string): string {
  const file = join(place, 'keys');
  const typing = `{ "v": ${version} }`;
  writeFileSync(file, ['\u001Bt', typing, '\u000F', '\r', '\u0018'].join('\0'));
  return file;
}

const MMAP = `
import mmap, sys
with open(sys.argv[1], "r+b") as file, open(sys.argv[2], "rb") as source:
    text = source.read()
    file.truncate(len(text))
    with mmap.mmap(file.fileno(), len(text)) as map:
        for at in range(0, len(text), 4096):
            map[at:at + 4096] = text[at:at + 4096]
`;

const EMACS = `(progn (erase-buffer) (insert-file-contents (getenv "SOURCE")) (save-buffer))`;

export const TOOLS: readonly Tool[] = [
  vim('vim', 'no'),
  vim('vim-backupcopy', 'yes'),
  {
    name: 'nano',
    programs: ['nano', 'python3'],
    one: (saving, place) => [
      'python3',
      join(here, 'terminal.py'),
      nanoKeys(saving, place),
      'nano',
      '-I',
      saving.target,
    ],
    small: true,
    most: 30,
  },
  {
    name: 'emacs',
    programs: ['emacs'],
    one: ({ target, source }) => ['env', `SOURCE=${source}`, 'emacs', '-Q', '--batch', target, '--eval', EMACS],
    most: 200,
  },
  {
    name: 'sed',
    programs: ['sed'],
    one: ({ target, version }) => ['sed', '-i', `s/"v": [0-9]*/"v": ${version}/`, target],
  },
  {
    name: 'sponge',
    programs: ['jq', 'sponge'],
    one: ({ target, version }) => ['sh', '-c', `jq '.v = ${version}' '${target}' | sponge '${target}'`],
  },
  { name: 'install', programs: ['install'], one: ({ target, source }) => ['install', '-m', '644', source, target] },
  { name: 'cp', programs: ['cp'], one: ({ target, source }) => ['cp', '-p', source, target] },
  {
    name: 'mmap',
    programs: ['python3'],
    one: ({ target, source }) => ['python3', '-c', MMAP, target, source],
    silent: true,
  },
  {
    name: 'rm-cp',
    programs: ['rm', 'cp'],
    one: ({ target, source }) => ['sh', '-c', `rm '${target}'; sleep 0.3; cp '${source}' '${target}'`],
    most: 20,
  },
  {
    name: 'slow-writer',
    programs: ['head', 'tail'],
    one: ({ target, source }) => [
      'sh',
      '-c',
      `{ head -c 100 '${source}'; sleep 0.3; tail -c +101 '${source}'; } > '${target}'`,
    ],
    most: 20,
  },
  { name: 'truncate', programs: ['truncate'], one: ({ target }) => ['truncate', '-s', '100', target], breaks: true },
  {
    name: 'tar',
    programs: ['tar'],
    prepare: ({ sources, place }) => [['tar', '-cf', join(place, 'all.tar'), '-C', sources, '.']],
    all: ({ directory, place }) => ['tar', '-xf', join(place, 'all.tar'), '-C', directory],
  },
  {
    name: 'git',
    programs: ['git'],
    prepare: ({ sources, place }) => [
      ['git', 'init', '-q', join(place, 'repository')],
      ...[
        ['add', '-A'],
        ['-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'new'],
      ].map((words): Command => [
        'git',
        `--git-dir=${join(place, 'repository', '.git')}`,
        `--work-tree=${sources}`,
        ...words,
      ]),
    ],
    all: ({ directory, place }) => [
      'git',
      `--git-dir=${join(place, 'repository', '.git')}`,
      `--work-tree=${directory}`,
      'checkout',
      '-q',
      '-f',
      'HEAD',
      '--',
      '.',
    ],
  },
  rsync('rsync'),
  rsync('rsync-P', '-P'),
  rsync('rsync-inplace', '--inplace'),
  rsync('rsync-delay', '--delay-updates'),
  rsync('rsync-delete', '--delete'),
];
