import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLarder } from '../larder.ts';
import type { LoadedConfig } from './config-file.ts';
import { outJson, type Io } from './io.ts';

/** `larder init`: makes the root where it is missing, and its history, so that it is served from now on even when it is empty. */
export async function init({ root, settings }: LoadedConfig, asJson: boolean, io: Io): Promise<number> {
  const wasThere = existsSync(join(root, '.larder/log'));
  // The group may write, and what is made below belongs to it, as far as the umask of this call allows.
  mkdirSync(root, { recursive: true, mode: 0o2775 });
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
