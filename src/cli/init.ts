import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLarder } from '../larder.ts';
import type { LoadedConfig } from './config-file.ts';
import { outJson, type Io } from './io.ts';

/** The group may write, and what is made below belongs to it. The kernel takes the setgid bit from chmod alone. */
const GROUP_DIRECTORY = 0o2775;

/** `larder init`: makes the root where it is missing, and its history, so that it is served from now on even when it is empty. */
export async function init({ root, settings }: LoadedConfig, asJson: boolean, io: Io): Promise<number> {
  const wasThere = existsSync(join(root, '.larder/log'));
  if (mkdirSync(root, { recursive: true }) !== undefined) chmodSync(root, GROUP_DIRECTORY & ~process.umask());
  {
    await using larder = await openLarder({ root, durability: settings.durability, watcher: 'none' });
    await larder.ready;
  }
  if (asJson) outJson(io, { root, created: !wasThere });
  else
    io.out(
      wasThere
        ? `${root} has a history already; nothing changed\n`
        : `${root} is a root now; serve it with: larder start --root ${root}\n`,
    );
  return 0;
}
