/** The commands that look after a root, their options and help. */
import type { Command } from 'commander';
import { loadConfig, type CommonFlags } from './config-file.ts';
import type { Add } from './program.ts';
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

export const maintenanceCommands: readonly Add[] = [addVerify, addRebuild, addRescue];
