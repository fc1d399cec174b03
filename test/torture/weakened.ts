/** The daemon with one safeguard taken out, for the teeth of the harnesses: `weakened.ts SAFEGUARD ROOT PORT`. */
import pino from 'pino';
import { SETTINGS, SETTING_NAMES, type Settings } from '../../src/config/settings.ts';
import { openDaemon } from '../../src/daemon.ts';
import { hostWithout, SAFEGUARDS } from './safeguards.ts';

const [name = '', root = '', port = '0'] = process.argv.slice(2);
const safeguard = SAFEGUARDS.find((one) => one === name);
if (safeguard === undefined) throw new Error(`no safeguard ${name}`);

const defaults = Object.fromEntries(SETTING_NAMES.map((setting) => [setting, SETTINGS[setting].fallback])) as Settings;
const { host, onReady } = hostWithout(safeguard);
const daemon = await openDaemon({
  root,
  settings: { ...defaults, 'listen.port': Number(port) },
  refuseEmpty: false,
  log: pino({ level: process.env['LARDER_LOG_LEVEL'] ?? 'warn' }, pino.destination(2)),
  host,
});
await daemon.larder.ready;
onReady();
process.once('SIGTERM', () => void daemon[Symbol.asyncDispose]().then(() => process.exit(0)));
