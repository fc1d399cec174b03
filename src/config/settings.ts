/**
 * Every setting once: what it means, its default, its environment variable, its flag, and the zod schema that judges it.
 * The configuration is read by this table, and the table in docs/configuration.md is made from it.
 */
import * as z from 'zod';

interface Setting<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly fallback: z.output<S>;
  readonly meaning: string;
  readonly env?: string;
  readonly flag?: string;
  /** How the text of a variable or flag becomes a value for the schema; as it is unless said. */
  readonly fromText?: (text: string) => unknown;
}

const setting = <S extends z.ZodType>(definition: Setting<S>): Setting<S> => definition;

/** Digits become a number; anything else stays text, which the schema then refuses with the text in its message. */
const asNumber = (text: string): unknown => (/^\d+$/.test(text) ? Number(text) : text);
const asList = (text: string): unknown =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const count = (least: number, most: number): z.ZodInt => {
  const error = `a whole number from ${least} to ${most} is expected`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

/** By the path of its key in larder.yaml. */
export const SETTINGS = {
  root: setting({
    schema: z.string().min(1).nullable(),
    fallback: null,
    env: 'LARDER_ROOT',
    flag: '--root',
    meaning:
      'The directory that is served. In the file, relative to the file. Default: `data` of the checkout, or `/srv/data/json-db` for an installed package.',
  }),
  'listen.host': setting({
    schema: z.string().min(1),
    fallback: '127.0.0.1',
    env: 'LARDER_HOST',
    flag: '--host',
    meaning: 'The address to listen on. Anything but a loopback address is refused as long as there are no keys.',
  }),
  'listen.port': setting({
    schema: count(0, 65_535),
    fallback: 4747,
    env: 'LARDER_PORT',
    flag: '--port',
    fromText: asNumber,
    meaning: 'The port to listen on; 0 takes a free one.',
  }),
  hosts: setting({
    schema: z.array(z.string().min(1)),
    fallback: [],
    env: 'LARDER_HOSTS',
    fromText: asList,
    meaning:
      'Other `Host` names that are answered, with port where it is not 80. Refused as long as there are no keys.',
  }),
  durability: setting({
    schema: z.enum(['sync', 'os']),
    fallback: 'sync',
    env: 'LARDER_DURABILITY',
    meaning:
      '`sync`: a write is on the disk before it is answered. `os`: it is handed to the kernel; a power failure may lose the last seconds.',
  }),
  watcher: setting({
    schema: z.enum(['auto', 'chokidar', 'directories', 'poll']),
    fallback: 'auto',
    env: 'LARDER_WATCHER',
    meaning:
      'How edits by hand are noticed before the rescan: `chokidar`, one watch per directory (`directories`), a comparison of the whole tree every two seconds for network mounts (`poll`), or the first or second by the size of the tree (`auto`).',
  }),
  'history.keep': setting({
    schema: z.string().regex(/^(?:all|staggered|[1-9]\d{0,4}d)$/, 'must be "all", "staggered" or days such as "90d"'),
    fallback: 'all',
    meaning:
      'Which versions `larder prune` leaves, where a collection does not say by `x-larder.history.keep`: `all`, `staggered` (one for every 30 s of the last hour, one an hour of the last day, one a day of the last 30 days, one a week before), or the versions of so many days (`90d`).',
  }),
  'limits.body_mb': setting({
    schema: count(1, 16),
    fallback: 16,
    meaning: 'Largest JSON body in MiB, and largest line of a bulk. A document never has more than 16.',
  }),
  'limits.streams': setting({
    schema: count(1, 100_000),
    fallback: 1200,
    meaning: 'Event streams and long polls that are open at once.',
  }),
  'limits.connections': setting({
    schema: count(1, 1_000_000),
    fallback: 2048,
    meaning: 'Connections that are open at once; further ones are closed.',
  }),
  'log.level': setting({
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    fallback: 'info',
    env: 'LARDER_LOG_LEVEL',
    meaning: 'Least severity that is logged. The log goes to standard error, a JSON object a line.',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The value of each setting, by its name. */
export type Settings = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

/** The table without its types, for what goes over all settings alike. */
export const settingOf = (name: SettingName): Setting => SETTINGS[name];

/**
 * Known words that this version cannot honour. Accepting them in silence would promise a key, a schedule or a limit that
 * is not there; their `null`, which says "none", is accepted.
 */
export const NOT_OFFERED: readonly string[] = [
  'listen.socket',
  'schemas',
  'embedders',
  'auth',
  'limits.streams_per_key',
  'limits.requests_per_s',
  'schedule',
];

export const NOT_OFFERED_VARIABLES: readonly string[] = [
  'LARDER_REQUIRE_KEY',
  'LARDER_JWT_SECRET',
  'LARDER_JWT_JWKS',
  'LARDER_JWT_ISSUER',
  'LARDER_JWT_AUDIENCE',
];
