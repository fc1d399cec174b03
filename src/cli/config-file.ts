/** Flags, environment and larder.yaml of this call as one configuration. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { configFilePlaces, resolveConfig, type Config } from '../config.ts';
import { LarderError } from '../core/errors.ts';
import type { Io } from './io.ts';

/** The options that every command takes, as typed. */
export interface CommonFlags {
  readonly root?: string;
  readonly host?: string;
  readonly port?: string;
  readonly config?: string;
  readonly json?: true;
}

const PACKAGE = resolve(import.meta.dirname, '../..');
const CHECKOUT_DATA = resolve(PACKAGE, 'data');
/** The published package has none. Not the data themselves: while they are away, another root must not take their place. */
const CHECKOUT_SCRIPTS = resolve(PACKAGE, 'scripts');
const INSTALLED_ROOT = '/srv/data/json-db';

export interface LoadedConfig extends Config {
  /** The root may be a disk that is not mounted: nobody typed it, and it is not the sample of a checkout. */
  readonly isConfigured: boolean;
}

/** Throws LarderError `bad_config`. */
export function loadConfig({ root, host, port, config }: CommonFlags, { env, workingDirectory }: Io): LoadedConfig {
  const isCheckout = existsSync(CHECKOUT_SCRIPTS);
  const resolved = resolveConfig({
    flags: {
      ...(root !== undefined && { root }),
      ...(host !== undefined && { 'listen.host': host }),
      ...(port !== undefined && { 'listen.port': port }),
    },
    env,
    file: readConfigFile(config ?? env['LARDER_CONFIG'], workingDirectory),
    workingDirectory,
    defaultRoot: isCheckout ? CHECKOUT_DATA : INSTALLED_ROOT,
  });
  const isConfigured = resolved.rootFrom !== 'flag' && !(resolved.rootFrom === 'default' && isCheckout);
  return { ...resolved, root: real(resolved.root), isConfigured };
}

/** A root that is a symlink is served as the directory it stands for; below it symlinks are never followed. */
const real = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

function readConfigFile(named: string | undefined, workingDirectory: string): { path: string; text: string } | null {
  const { paths, required } = configFilePlaces(named, workingDirectory);
  const path = paths.find((candidate) => existsSync(candidate));
  if (path !== undefined) return { path, text: readText(path) };
  if (required) throw new LarderError('bad_config', `${paths[0]} is not there`);
  return null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new LarderError(
      'bad_config',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
