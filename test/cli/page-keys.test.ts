import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WITHOUT_PAGE_KEYS } from '../../src/cli/page-keys.ts';

const PAGE_KEYS = join(import.meta.dirname, '../../src/cli/page-keys.ts');

const PROGRAM = `
import { dropPageKeys } from ${JSON.stringify(PAGE_KEYS)};
dropPageKeys(process, process.argv[2]);
process.stdout.write(JSON.stringify({ flags: process.execArgv, args: process.argv.slice(3) }));
`;

test.each([
  ['a processor with page keys', 'flags\t\t: fpu sse2 pku ospke rdpid\n', [], [WITHOUT_PAGE_KEYS]],
  ['one whose keys the kernel does not use', 'flags\t\t: fpu sse2 pku rdpid\n', [], []],
  ['one without', 'flags\t\t: fpu sse2\n', [], []],
  ['a start with the flag', 'flags\t\t: ospke\n', [WITHOUT_PAGE_KEYS], [WITHOUT_PAGE_KEYS]],
  ['other flags of Node.js', 'flags\t\t: ospke\n', ['--no-opt'], [WITHOUT_PAGE_KEYS, '--no-opt']],
])('on %s the process runs without them, and with its own arguments', (_where, cpuinfo, flags, expected) => {
  const directory = mkdtempSync(join(tmpdir(), 'larder-flags-'));
  try {
    writeFileSync(join(directory, 'cpuinfo'), cpuinfo);
    writeFileSync(join(directory, 'program.mts'), PROGRAM);
    const args = [...flags, join(directory, 'program.mts'), join(directory, 'cpuinfo'), 'two words', ''];
    const said = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    expect(JSON.parse(said)).toEqual({ flags: expected, args: ['two words', ''] });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('where the machine does not say, nothing is done', () => {
  const said = execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `
    import { dropPageKeys } from ${JSON.stringify(PAGE_KEYS)};
    dropPageKeys(process, '/nowhere');
    process.stdout.write('went on');
  `,
    ],
    { encoding: 'utf8' },
  );
  expect(said).toBe('went on');
});
