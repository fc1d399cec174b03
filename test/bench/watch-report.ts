/** What is measured of a watcher, and the page that is made of it. */
export interface Heard {
  readonly what: string;
  readonly paths: number;
  readonly lost: number;
  /** From the last change to the last hint. */
  readonly lagMs: number;
}

export interface Watched {
  readonly readyMs: number;
  readonly addedMb: number;
  readonly watches: number;
  readonly changes: readonly Heard[];
  readonly rssAfterMb: number;
}

/** In this order on one tree. `blockMs`: the event loop of the watching process stands still meanwhile. */
export const CHANGES: readonly { readonly what: string; readonly count: number; readonly blockMs: number }[] = [
  { what: 'in place', count: 20_000, blockMs: 0 },
  { what: 'renames', count: 20_000, blockMs: 0 },
  { what: 'same size, mtime restored', count: 200, blockMs: 0 },
  { what: 'nested new directories', count: 100, blockMs: 0 },
  { what: 'renamed directories', count: 10, blockMs: 0 },
  { what: 'directories removed and made again', count: 5, blockMs: 0 },
  { what: 'in place', count: 50_000, blockMs: 5000 },
];

export interface SizeReport {
  readonly files: number;
  readonly directories: number;
  /** One walk over the tree by lstat: what finds everything that a watcher lost. */
  readonly walkMs: number;
  readonly chokidar: Watched;
  readonly byDirectory: Watched;
}

const n = (value: number): string => Math.round(value).toLocaleString('en');
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

export function pageOf(sizes: readonly SizeReport[], about: { readonly date: string; readonly cores: number }): string {
  return `# Watchers

A watcher says where to look, never what happened, and none is trusted: a full rescan by lstat runs at start, every minute, and at
once after an error or a blocked event loop. Nothing is missed after it. This page says what each watcher loses before, and costs.

- \`chokidar\`: chokidar 6, for directories only, listened to by its raw events. It runs wherever Node.js does.
- \`directories\`: one \`fs.watch\` for each directory, watched first and listed after, watched again when the name comes to mean
  another directory (inode and birth time).
- \`poll\`: no watcher; the whole tree is compared every two seconds. For network mounts, whose kernel reports nothing.

\`watcher: auto\`, the default, takes \`chokidar\` up to 10,000 names in the tree and \`directories\` above, on Linux; elsewhere \`chokidar\`.
The tables are why: up to there either costs little and loses nothing, and chokidar is the one that half the world tries every day,
on every system; beyond, its memory grows with the number of files, and it falls behind a burst until the kernel's queue overflows.
The memory of \`directories\` grows with the number of directories alone.

Both need one kernel watch for each directory. Where they run out (\`fs.inotify.max_user_watches\`), the log says how many directories
are not watched, \`/readyz\` gives the reason \`watcher-degraded\`, the rescan sees what happens there within a minute, and each
rescan asks the kernel again.

Written by \`npm run bench:watchers\` on ${about.date}, Node.js ${process.version}, ${about.cores} cores. Changes are made by another process;
no rescan runs meanwhile.

## Cost, by size of the tree

| files in directories | walk by lstat | | ready | memory added | watches | memory after all bursts |
|---|---|---|---|---|---|---|
${sizes.flatMap(costRows).join('\n')}

## Lost before the rescan, of all changes, and lag behind the last change

${sizes.map(lossTable).join('\n\n')}
`;
}

const costRows = ({ files, directories, walkMs, chokidar, byDirectory }: SizeReport): string[] =>
  [['chokidar', chokidar] as const, ['directories', byDirectory] as const].map(
    ([name, { readyMs, addedMb, watches, rssAfterMb }]) =>
      `| ${n(files)} in ${n(directories)} | ${seconds(walkMs)} | \`${name}\` | ${seconds(readyMs)} | ${n(addedMb)} MB | ${n(watches)} | ${n(rssAfterMb)} MB |`,
  );

const lossTable = ({ files, chokidar, byDirectory }: SizeReport): string =>
  [
    `At ${n(files)} files:`,
    '',
    '| change | paths | `chokidar` lost | lag | `directories` lost | lag |',
    '|---|---|---|---|---|---|',
    ...CHANGES.map(({ what, blockMs }, at) => {
      const [a, b] = [chokidar.changes[at], byDirectory.changes[at]];
      const name = blockMs > 0 ? `${what}, event loop blocked for ${blockMs / 1000} s` : what;
      return `| ${name} | ${n(a?.paths ?? 0)} | ${saidLoss(a)} | ${saidLoss(b)} |`;
    }),
  ].join('\n');

const saidLoss = (heard: Heard | undefined): string =>
  heard === undefined ? '? | ?' : `${n(heard.lost)} | ${seconds(heard.lagMs)}`;
