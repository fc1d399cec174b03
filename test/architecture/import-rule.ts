/**
 * Who may know whom in src, as a table. Parts do not know each other; faces do not know parts. A file belongs to the layer of
 * its folder; files directly in src are the front: they wire the parts, and faces know nothing else of them.
 */
export interface Import {
  /** Below src. */
  readonly from: string;
  /** Below src, or the name of a package. */
  readonly to: string;
}

const PARTS = ['files', 'events', 'catalog', 'vectors', 'blobs', 'jobs'];
const FACES = ['http', 'mcp', 'cli'];
const FOUNDATION = ['core', 'util'];
const WHOLE_TREE = ['reconciler', 'search', 'maintain'];

const allowed: Readonly<Record<string, readonly string[]>> = {
  util: FOUNDATION,
  core: FOUNDATION,
  host: FOUNDATION,
  config: FOUNDATION,
  client: ['core'],
  ...Object.fromEntries(PARTS.map((part) => [part, [...FOUNDATION, 'host']])),
  ...Object.fromEntries(WHOLE_TREE.map((layer) => [layer, [...FOUNDATION, 'host', ...PARTS]])),
  front: [...FOUNDATION, 'host', 'config', ...PARTS, ...WHOLE_TREE, 'front'],
  ...Object.fromEntries(FACES.map((face) => [face, [...FOUNDATION, 'host', 'config', 'front']])),
  // `larder start` starts the daemon; an import is a plan over a sink (HTTP or a Larder of its own), which knows no part.
  cli: [...FOUNDATION, 'host', 'config', 'front', 'daemon', 'maintain'],
  // The composition of larder and http, and the two entry points.
  daemon: [...FOUNDATION, 'host', 'config', 'front', 'http', 'mcp'],
  entry: [...FOUNDATION, 'front', 'cli'],
};

/** Files directly in src that are not the front, and folders that are. */
const LAYER_BY_FILE: Readonly<Record<string, string>> = {
  'daemon.ts': 'daemon',
  'cli.ts': 'entry',
  'index.ts': 'entry',
  'reconciler.ts': 'reconciler',
  'search.ts': 'search',
  'config.ts': 'config',
};
const LAYER_BY_FOLDER: Readonly<Record<string, string>> = { larder: 'front' };

export function layerOf(path: string): string {
  const slash = path.indexOf('/');
  if (slash < 0) return LAYER_BY_FILE[path] ?? 'front';
  const folder = path.slice(0, slash);
  return LAYER_BY_FOLDER[folder] ?? folder;
}

/** Where the file system may be touched without its port, and why. */
const MAY_TOUCH_FILES: Readonly<Record<string, string>> = {
  host: 'it is the port',
  cli: 'it reads and writes the files that a user names, outside of the root',
};

const isFileModule = (name: string): boolean => /^(?:node:)?(?:fs|timers)(?:\/|$)/.test(name);

/** What is wrong with an import, or null. */
export function judgeImport({ from, to }: Import): string | null {
  const layer = layerOf(from);
  if (isFileModule(to)) return layer in MAY_TOUCH_FILES ? null : `${from} imports ${to}: only host touches files`;
  if (!to.endsWith('.ts')) return null;
  const target = layerOf(to);
  if (target === layer || (allowed[layer] ?? []).includes(target)) return null;
  return `${from} imports ${to}: ${layer} must not know ${target}`;
}
