import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { configFilePlaces, refuseOpenDoors, resolveConfig, type Config, type ConfigSources } from '../../src/config.ts';
import { SETTING_NAMES, SETTINGS } from '../../src/config/settings.ts';
import { LarderError } from '../../src/core/errors.ts';

interface Said {
  readonly flags?: ConfigSources['flags'];
  readonly env?: ConfigSources['env'];
  readonly yaml?: string;
}

const resolve = ({ flags = {}, env = {}, yaml }: Said): Config =>
  resolveConfig({
    flags,
    env,
    file: yaml === undefined ? null : { path: '/etc/larder/larder.yaml', text: yaml },
    workingDirectory: '/home/ada',
    defaultRoot: '/srv/data/json-db',
  });

function refusal(said: Said): string {
  try {
    resolve(said);
  } catch (error) {
    if (error instanceof LarderError && error.code === 'bad_config') return error.message;
    throw error;
  }
  return '';
}

test('a flag beats the environment, that beats larder.yaml, that beats the default', () => {
  const port = (said: Said): number => resolve(said).settings['listen.port'];
  const yaml = 'listen: { port: 3 }';
  const env = { LARDER_PORT: '2' };
  expect(port({ flags: { 'listen.port': '1' }, env, yaml })).toBe(1);
  expect(port({ env, yaml })).toBe(2);
  expect(port({ yaml })).toBe(3);
  expect(port({})).toBe(4747);
  expect(port({ env: { LARDER_PORT: '' }, yaml: 'listen: { port: null }' })).toBe(4747);
});

test('a relative root starts from where it was said, and it is known who said it', () => {
  const root = (said: Said): [string, string] => [resolve(said).root, resolve(said).rootFrom];
  expect(root({ flags: { root: 'x' } })).toEqual(['/home/ada/x', 'flag']);
  expect(root({ env: { LARDER_ROOT: '../x' } })).toEqual(['/home/x', 'environment']);
  expect(root({ yaml: 'root: ../x' })).toEqual(['/etc/x', 'file']);
  expect(root({ yaml: '' })).toEqual(['/srv/data/json-db', 'default']);
});

test.each([
  ['listen:\n  prot: 5', 'larder.yaml:2:3: listen.prot is no setting; did you mean listen.port?'],
  ['prot: 5', 'larder.yaml:1:1: prot is no setting; did you mean listen.port?'],
  ['Root: /x', 'larder.yaml:1:1: Root is no setting; did you mean root?'],
  ['frobnicate: 1', 'larder.yaml:1:1: frobnicate is no setting; known are root,'],
  ['listen:\n  port: many', 'larder.yaml:2:9: listen.port cannot be "many"'],
  ['listen:\n  port: 70000', 'larder.yaml:2:9: listen.port cannot be 70000'],
  ['\nwatcher: inotify', 'larder.yaml:2:10: watcher cannot be "inotify"'],
  ['durability: os\nlisten: here', 'larder.yaml:2:1: listen holds settings of its own'],
  ['auth: { require_key: true }', 'larder.yaml:1:1: auth is not offered by this version'],
  ['limits: { requests_per_s: 5 }', 'larder.yaml:1:11: limits.requests_per_s is not offered by this version'],
  ['root: [', 'larder.yaml:1:8: '],
  ['- root', 'larder.yaml:1:1: settings are written as `name: value`'],
  ['root: *nothing', 'larder.yaml:1:1: Unresolved alias'],
  ['root: a\nroot: b', 'larder.yaml:2:1: Map keys must be unique'],
])('larder.yaml %j is refused with its place and what was meant', (yaml, expected) => {
  expect(refusal({ yaml })).toContain(expected);
});

test('every fault is told at once, those of the environment too', () => {
  const said = refusal({ yaml: 'prot: 1\nlog: { level: loud }', env: { LARDER_PORT: 'x', LARDER_JWT_SECRET: 'y' } });
  expect(said.split('\n')).toEqual([
    expect.stringContaining('larder.yaml:1:1: prot is no setting'),
    expect.stringContaining('LARDER_JWT_SECRET is set, but this version does not offer it'),
    expect.stringContaining('LARDER_PORT: listen.port cannot be "x"'),
    expect.stringContaining('larder.yaml:2:15: log.level cannot be "loud"'),
  ]);
});

test('what is not offered may be there as null, which asks for nothing', () => {
  expect(refusal({ yaml: 'schemas: null\nlisten: { socket: null }\nschedule:\n' })).toBe('');
});

test('the file must not lie in the data that it configures', () => {
  const at =
    (path: string): (() => Config) =>
    () =>
      resolveConfig({
        flags: {},
        env: {},
        file: { path, text: 'root: /srv/db' },
        workingDirectory: '/',
        defaultRoot: '/',
      });
  expect(at('/srv/db/lod/customers/larder.yaml')).toThrow('lies in the data');
  expect(at('/srv/db/larder.yaml')).not.toThrow();
});

test('as long as there are no keys, neither another address nor another host is opened', () => {
  const open =
    (env: ConfigSources['env']): (() => void) =>
    () =>
      refuseOpenDoors(resolve({ env }).settings);
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) expect(open({ LARDER_HOST: host })).not.toThrow();
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'data.example.org', '127.0.0.1.example']) {
    expect(open({ LARDER_HOST: host })).toThrow('can be reached by others');
  }
  expect(open({ LARDER_HOSTS: 'data.example.org, other.example' })).toThrow('data.example.org, other.example');
});

test('a configuration file that was named must be that one; otherwise two places are tried', () => {
  expect(configFilePlaces('x.yaml', '/home/ada')).toEqual({ paths: ['/home/ada/x.yaml'], required: true });
  expect(configFilePlaces(undefined, '/home/ada')).toEqual({
    paths: ['/home/ada/larder.yaml', '/etc/larder/larder.yaml'],
    required: false,
  });
});

test('the default of every setting is what its own schema accepts', () => {
  for (const name of SETTING_NAMES)
    expect(SETTINGS[name].schema.safeParse(SETTINGS[name].fallback).success, name).toBe(true);
});

test('any text as larder.yaml is read or refused as bad_config', () => {
  const lines = fc.array(
    fc.constantFrom('root: a', 'listen:', '  port: 1', '  host: b', '- x', 'auth:', '? [', '&a *a', 'hosts: [a, b]'),
  );
  const text = fc.oneof(
    fc.string(),
    lines.map((some) => some.join('\n')),
  );
  fc.assert(fc.property(text, (yaml) => typeof refusal({ yaml }) === 'string'));
});
