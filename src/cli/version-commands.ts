/** The commands on versions, their options and help. */
import { Option, type Command } from 'commander';
import type { CommonFlags } from './config-file.ts';
import type { Add } from './program.ts';
import type { UndoFlags } from './undo.ts';
import type { LogFlags, ShowFlags } from './versions.ts';
import { withAccess } from './with-access.ts';

const TARGET = 'namespace/collection/id, namespace/files/path, or its file';

const addLog: Add = (program, io, finish) => {
  program
    .command('log')
    .description(
      'Show the versions of a document or file, or what was done last in a collection, a namespace or everywhere; newest first.',
    )
    .argument('[target]', `${TARGET}, namespace/collection, or namespace`)
    .option('--deleted', 'of a collection, what is gone instead')
    .option('--limit <number>', 'at most so many lines, 1 to 1000', '50')
    .action(async (target: string | undefined, _own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & LogFlags>();
      const { showLog } = await import('./versions.ts');
      finish(await withAccess(flags, io, (access, root) => showLog(access, root, target, flags, io)));
    });
};

const addDiff: Add = (program, io, finish) => {
  program
    .command('diff')
    .description('Show what changed between two versions of a document or file; without seqs what its last change did.')
    .argument('<document>', TARGET)
    .argument('[from]', 'seq of the earlier version; 0 is before the first')
    .argument('[to]', 'seq of the later version, otherwise the newest')
    .action(async (document: string, from: string | undefined, to: string | undefined, _own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags>();
      const { showDiff } = await import('./versions.ts');
      finish(await withAccess(flags, io, (access, root) => showDiff(access, root, [document, from, to], flags, io)));
    });
};

const addShow: Add = (program, io, finish) => {
  program
    .command('show')
    .description('Write a document or file to standard output, as it is or as it was.')
    .argument('<document>', `${TARGET}, or namespace/collection/_schema.json`)
    .addOption(
      new Option('--at <moment>', 'what was served at a seq, or a time such as 2026-01-31T12:00:00Z').conflicts('seq'),
    )
    .option('--seq <number>', 'the version with this seq: also a broken save, or bytes that were rescued')
    .action(async (document: string, _own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & ShowFlags>();
      const { showDocument } = await import('./versions.ts');
      finish(await withAccess(flags, io, (access, root) => showDocument(access, root, document, flags, io)));
    });
};

const addAt: Add = (program, io, finish) => {
  program
    .command('at')
    .description('Write a document or file, or every document of a collection a line, as they were at a moment.')
    .argument('<moment>', 'a seq, or a time such as 2026-01-31T12:00:00Z')
    .argument('<target>', `${TARGET}, or namespace/collection`)
    .action(async (moment: string, target: string, _own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags>();
      const { showAt } = await import('./versions.ts');
      finish(await withAccess(flags, io, (access, root) => showAt(access, root, [moment, target], flags, io)));
    });
};

const addUndo: Add = (program, io, finish) => {
  program
    .command('undo')
    .description(
      'Take back what was done, as one change set that can be undone itself. Shows what it would do, then asks, or wants --yes. Exit code 6 when somebody else went on from there: nothing is undone then.',
    )
    .argument('[target]', `${TARGET}: alone, its last change; or namespace/collection: only what was done there`)
    .option('--change-set <id>', 'what one change set did')
    .option('--session <name>', 'what was done in a session')
    .option('--actor <name>', 'what an actor did, such as hand or local')
    .option('--since <moment>', 'what was done after a seq, or a time such as 2026-01-31T12:00:00Z')
    .option('--to-seq <seq>', 'nothing after this seq')
    .option('--dry-run', 'only show, also with --yes')
    .option('--yes', 'do it')
    .action(async (target: string | undefined, _own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & UndoFlags>();
      const { undo } = await import('./undo.ts');
      finish(await withAccess(flags, io, (access, root) => undo(access, root, target, flags, io)));
    });
};

export const versionCommands: readonly Add[] = [addLog, addDiff, addShow, addAt, addUndo];
