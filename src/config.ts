/** What holds: flag beats environment beats larder.yaml beats default. Reads no file and no environment by itself. */
import { isAbsolute, resolve } from 'node:path';
import { LarderError } from './core/errors.ts';
import type { Fault } from './core/events.ts';
import { NOT_OFFERED_VARIABLES, SETTING_NAMES, settingOf, type SettingName, type Settings } from './config/settings.ts';
import { readYamlSettings, type Leaf } from './config/yaml-settings.ts';

export type { Settings } from './config/settings.ts';

export interface ConfigSources {
  /** Text of the flags that were typed, by setting. */
  readonly flags: Partial<Readonly<Record<SettingName, string>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** larder.yaml, where there is one. `path` is absolute. */
  readonly file: { readonly path: string; readonly text: string } | null;
  /** What relative paths of flags and variables start from. */
  readonly workingDirectory: string;
  /** Served when nobody says what is. */
  readonly defaultRoot: string;
}

type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface Config {
  readonly settings: Settings;
  /** Absolute. */
  readonly root: string;
  readonly rootFrom: Origin;
}

interface Found {
  readonly value: unknown;
  readonly origin: Origin;
  /** Where it was said: `--port`, `LARDER_PORT`, `larder.yaml:3:9`. */
  readonly where: string;
  readonly fault: Partial<Fault>;
}

/** Throws LarderError `bad_config` with every fault found. */
export function resolveConfig(sources: ConfigSources): Config {
  const file = sources.file === null ? { leaves: [], faults: [] } : readYamlSettings(sources.file.text);
  const faults = [...file.faults.map((fault) => placed(sources.file?.path, fault)), ...refusedVariables(sources.env)];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const found = find(name, sources, file.leaves);
    const judged = settingOf(name).schema.safeParse(found.value);
    if (judged.success) values[name] = judged.data;
    else faults.push(badValue(name, found, judged.error.issues[0]?.message));
  }
  if (faults.length > 0) throw badConfig(faults);
  return finish(values as Settings, sources, find('root', sources, file.leaves).origin);
}

function find(name: SettingName, { flags, env, file }: ConfigSources, leaves: readonly Leaf[]): Found {
  const { env: variable = '', flag = '', fromText = String, fallback } = settingOf(name);
  const typed = flags[name];
  if (typed !== undefined) return { value: fromText(typed), origin: 'flag', where: flag, fault: {} };
  const set = env[variable];
  if (set !== undefined && set !== '')
    return { value: fromText(set), origin: 'environment', where: variable, fault: {} };
  const leaf = leaves.findLast((candidate) => candidate.name === name);
  // `port:` with nothing behind it says nothing.
  if (leaf === undefined || leaf.value === null)
    return { value: fallback, origin: 'default', where: 'default', fault: {} };
  return {
    value: leaf.value,
    origin: 'file',
    where: `${file?.path}:${leaf.place.line}:${leaf.place.column}`,
    fault: leaf.place,
  };
}

const badValue = (name: SettingName, { value, where, fault }: Found, why = 'not allowed'): Fault => ({
  code: 'bad_value',
  detail: `${where}: ${name} cannot be ${JSON.stringify(value)}: ${why}`,
  ...fault,
});

const placed = (path: string | undefined, fault: Fault): Fault => ({
  ...fault,
  detail: `${path}:${fault.line}:${fault.column}: ${fault.detail}`,
});

const refusedVariables = (env: ConfigSources['env']): Fault[] =>
  NOT_OFFERED_VARIABLES.filter((name) => (env[name] ?? '') !== '').map((name) => ({
    code: 'not_offered',
    detail: `${name} is set, but this version does not offer it; unset it`,
  }));

const badConfig = (faults: readonly Fault[]): LarderError =>
  new LarderError('bad_config', faults.map(({ detail }) => detail).join('\n'), { errors: faults });

function finish(settings: Settings, { file, workingDirectory, defaultRoot }: ConfigSources, rootFrom: Origin): Config {
  const base = rootFrom === 'file' && file !== null ? resolve(file.path, '..') : workingDirectory;
  const root = resolve(base, settings.root ?? defaultRoot);
  if (file !== null) refuseFileBelow(root, file.path);
  return { settings, root, rootFrom };
}

/** A larder.yaml in a collection would be one of its files, written by whoever writes documents. */
function refuseFileBelow(root: string, path: string): void {
  const below = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : '';
  if (below.includes('/') && !below.startsWith('.larder/')) {
    throw badConfig([
      { code: 'bad_place', detail: `${path} lies in the data that it configures; move it out of ${root}` },
    ]);
  }
}

/**
 * Until there are keys, nobody but this machine may ask: a host name or address for others would open the data to whoever
 * reaches it. Throws LarderError `bad_config`.
 */
export function refuseOpenDoors(settings: Settings): void {
  const host = settings['listen.host'];
  const say = (code: string, detail: string): never => {
    throw badConfig([
      {
        code,
        detail: `${detail} Every such request would need a key, and this version has none yet. From another machine: ssh -L 4747:127.0.0.1:${settings['listen.port']} <this machine>`,
      },
    ]);
  };
  if (!isLoopback(host)) say('open_address', `listen.host ${host} can be reached by others.`);
  if (settings.hosts.length > 0) say('open_hosts', `hosts names ${settings.hosts.join(', ')}.`);
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** Where a larder.yaml may lie, the first that is there counts. One that was named must be there. */
export function configFilePlaces(
  named: string | undefined,
  workingDirectory: string,
): { readonly paths: readonly string[]; readonly required: boolean } {
  if (named !== undefined && named !== '') return { paths: [absolute(named, workingDirectory)], required: true };
  return { paths: [resolve(workingDirectory, 'larder.yaml'), '/etc/larder/larder.yaml'], required: false };
}

const absolute = (path: string, base: string): string => (isAbsolute(path) ? path : resolve(base, path));
