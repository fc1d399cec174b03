/** The commands that look after a root, their options and help. */
import type { Command } from 'commander';
import { loadConfig, type CommonFlags } from './config-file.ts';
import type { SureFlags } from './ask-first.ts';
import type { Add } from './program.ts';
import { withAccess } from './with-access.ts';
import type { NormaliseFlags } from './normalise.ts';
import type { ForgetFlags } from './retention.ts';
import type { RescueFlags } from './rescue.ts';
import type { VerifyFlags } from './verify.ts';

const addVerify: Add = (program, io, finish) => {
  program
    .command('verify')
    .description(
      'Prove that files, log, catalog and text index agree, and name each difference. Exit code 4 when there is one. A root that no daemon serves, or a copy, is only read.',
    )
    .option('--against <root>', 'compare its documents and history with those of another root')
    .option('--repair', 'make the derived data anew where they differ; files and log are never touched')
    .action(async (_own, command: Command) => {
      const flags = command.optsWithGlobals<VerifyFlags>();
      const { verifyRoot } = await import('./verify.ts');
      finish(await verifyRoot(flags, loadConfig(flags, io), io));
    });
};

const addRebuild: Add = (program, io, finish) => {
  program
    .command('rebuild')
    .description('Make the derived data (catalog, full text) anew from log and files. The daemon must be stopped.')
    .action(async (_own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags>();
      const { rebuildRoot } = await import('./rebuild.ts');
      finish(await rebuildRoot(flags, loadConfig(flags, io), io));
    });
};

const addRescue: Add = (program, io, finish) => {
  program
    .command('rescue')
    .description(
      'Write everything of the event log that can still be read into a directory: newest/<path>, and versions.ndjson with a line for each version. Exit code 3 when something could not be read. Nothing in the root changes.',
    )
    .argument('<dir>', 'a new or empty directory outside the root')
    .option('--all-versions', 'every version too, as versions/<path>/<seq>-<kind>')
    .action(async (directory: string, _own, command: Command) => {
      const flags = command.optsWithGlobals<RescueFlags>();
      const { rescueLog } = await import('./rescue.ts');
      finish(rescueLog(directory, flags, loadConfig(flags, io), io));
    });
};

const addPrune: Add = (program, io, finish) => {
  program
    .command('prune')
    .description(
      'Thin the history as history.keep and x-larder.history.keep say: shows what would go, then asks, or wants --yes. What is kept by default is everything.',
    )
    .option('--dry-run', 'only show, also with --yes')
    .option('--yes', 'do it')
    .action(async (_own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & SureFlags>();
      const { pruneHistory } = await import('./retention.ts');
      finish(await withAccess(flags, io, (access) => pruneHistory(access, flags, io)));
    });
};

const addForget: Add = (program, io, finish) => {
  program
    .command('forget')
    .description(
      'Remove the bytes of earlier versions of a file at once, such as a password that was saved by accident. Shows what would go, then asks, or wants --yes. What the file holds now is not forgotten: change or delete it first.',
    )
    .argument('<path>', 'a document, or a file below the root, such as lod/customers/_schema.json')
    .option('--seq <number>', 'this version alone; otherwise all but what the file holds')
    .option('--dry-run', 'only show, also with --yes')
    .option('--yes', 'do it')
    .action(async (path: string, _own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & ForgetFlags>();
      const { forgetVersions } = await import('./retention.ts');
      finish(await withAccess(flags, io, (access, root) => forgetVersions(access, root, path, flags, io)));
    });
};

const addNormalise: Add = (program, io, finish) => {
  program
    .command('normalise')
    .description(
      'Lay documents out anew, each member on a line of its own: says which, then asks, or wants --yes. Values stay.',
    )
    .argument('[paths...]', 'namespaces, collections or documents; all without')
    .option('--indent <n>', 'spaces a level, 1 to 8, or tab', '2')
    .option('--yes', 'write, as one change set of at most 10,000 documents')
    .action(async (paths: string[], _own, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags & NormaliseFlags>();
      const { normaliseDocuments } = await import('./normalise.ts');
      finish(await withAccess(flags, io, (access, root) => normaliseDocuments(access, root, paths, flags, io)));
    });
};

export const maintenanceCommands: readonly Add[] = [
  addVerify,
  addRebuild,
  addRescue,
  addPrune,
  addForget,
  addNormalise,
];
