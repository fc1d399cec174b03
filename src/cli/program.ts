/** The commands, their options and help. Each is loaded when it is asked for: start-up time is paid by no other. */
import { Command, Option } from 'commander';
import { VERSION } from '../version.ts';
import { loadConfig, type CommonFlags } from './config-file.ts';
import type { ImportFlags } from './import.ts';
import type { Io } from './io.ts';
import type { DecideFlags } from './problems.ts';
import { maintenanceCommands } from './maintenance-commands.ts';
import { versionCommands } from './version-commands.ts';
import { withAccess } from './with-access.ts';

/** `finish` is told the exit code of the command that ran. */
export function createProgram(io: Io, finish: (code: number) => void): Command {
  const program = new Command('larder')
    .description('Serves a directory of plain JSON files, and looks after it.')
    .version(VERSION)
    .option('--root <dir>', 'the directory that is, or is to be, served')
    .option('--host <address>', 'address to listen on; for other commands, of the daemon to ask')
    .option('--port <number>', 'port to listen on; for other commands, of the daemon to ask')
    .option('--config <file>', 'settings; otherwise LARDER_CONFIG, ./larder.yaml or /etc/larder/larder.yaml')
    .option('--json', 'answer in JSON, for programs')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(larder --help says more)')
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride();
  for (const add of [
    addStart,
    addInit,
    addStatus,
    addProblems,
    addTypes,
    addImport,
    ...versionCommands,
    ...maintenanceCommands,
  ])
    add(program, io, finish);
  return program;
}

export type Add = (program: Command, io: Io, finish: (code: number) => void) => void;

const addStart: Add = (program, io, finish) => {
  program
    .command('start')
    .description('Serve the root until SIGTERM or Ctrl-C.')
    .option('--init', 'serve a configured root even though it is empty')
    .action(async (_own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & { readonly init?: true }>();
      const { start } = await import('./start.ts');
      finish(await start(loadConfig(flags, io), { init: flags.init === true, json: flags.json === true }, io));
    });
};

const addInit: Add = (program, io, finish) => {
  program
    .command('init')
    .description('Make a root: the directory where it is missing, and its history.')
    .action(async (_own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags>();
      const { init } = await import('./init.ts');
      finish(await init(loadConfig(flags, io), flags.json === true, io));
    });
};

const addStatus: Add = (program, io, finish) => {
  program
    .command('status')
    .description('Show who serves the root, whether it is ready, and how much is in it.')
    .action(async (_own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags>();
      const { showStatus } = await import('./status.ts');
      finish(await withAccess(flags, io, (access) => showStatus(access, flags.json === true, io)));
    });
};

const addProblems: Add = (program, io, finish) => {
  const problems = program
    .command('problems')
    .description(
      'List what cannot be served as it is on disk, as file:line:column. Exit code 4 when there is something.',
    )
    .action(async (_own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags>();
      const { listProblems } = await import('./problems.ts');
      finish(await withAccess(flags, io, (access, root) => listProblems(access, root, flags.json === true, io)));
    });
  addDecision(
    problems,
    io,
    finish,
    'confirm',
    'Say that it is so: held documents are deleted, a conflict ends as chosen.',
  );
  addDecision(problems, io, finish, 'dismiss', 'Say that it shall not be so: held and broken files are written back.');
};

function addDecision(
  problems: Command,
  io: Io,
  finish: (code: number) => void,
  decision: 'confirm' | 'dismiss',
  description: string,
): void {
  const command = problems
    .command(decision)
    .description(description)
    .argument('<id>', 'of the problem, as larder problems shows it')
    .option('--copy <path>', 'of a conflict with several copies, which one')
    .option('--dry-run', 'only say what would happen')
    .action(async (id: string, _own, given: Command) => {
      const flags = given.optsWithGlobals<CommonFlags & DecideFlags>();
      const { decideProblem } = await import('./problems.ts');
      finish(await withAccess(flags, io, (access) => decideProblem(access, decision, id, flags, io)));
    });
  if (decision === 'confirm') command.addOption(TAKE);
}

const TAKE = new Option('--take <side>', 'of a conflict, which becomes the document').choices([
  'copy',
  'original',
  'merge',
]);

const addTypes: Add = (program, io, finish) => {
  program
    .command('types')
    .description('Write the TypeScript types of all collections.')
    .option('--out <file>', 'into this file instead of standard output')
    .action(async (_own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & { readonly out?: string }>();
      const { writeTypes } = await import('./types.ts');
      finish(await withAccess(flags, io, (access) => writeTypes(access, flags.out, io)));
    });
};

const addImport: Add = (program, io, finish) => {
  program
    .command('import')
    .description('Write the records of a file as documents. Exit code 3 when some were refused.')
    .argument('<file>', 'JSON array, object of objects, NDJSON, CSV, or a folder of .json files; - is standard input')
    .argument('<collection>', 'namespace/collection')
    .option('--id <field>', 'the member to take the id from')
    .addOption(
      new Option('--format <format>', 'where name and beginning do not tell').choices(['json', 'ndjson', 'csv']),
    )
    .action(async (file: string, collection: string, _own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & ImportFlags>();
      const { importFile, planFile } = await import('./import.ts');
      const planned = await planFile(file, collection, flags, io);
      finish(await withAccess(flags, io, (access) => importFile(access, planned, flags.json === true, io)));
    });
};
