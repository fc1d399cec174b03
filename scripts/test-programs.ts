/** Programs that tests try Larder with. What is missing is installed where that is welcome (as root, in CI); elsewhere tests say so. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian package by program. */
const PACKAGE_BY_PROGRAM: Readonly<Record<string, string>> = {
  chromium: 'chromium',
  python3: 'python3',
  losetup: 'mount',
  'mkfs.ext4': 'e2fsprogs',
  rsync: 'rsync',
  vim: 'vim',
  nano: 'nano',
  emacs: 'emacs-nox',
  sponge: 'moreutils',
  jq: 'jq',
  caddy: 'caddy',
  setfattr: 'attr',
  setfacl: 'acl',
  strace: 'strace',
  curl: 'curl',
  git: 'git',
};

export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function installPrograms(): void {
  const missing = Object.keys(PACKAGE_BY_PROGRAM).filter((program) => !isInstalled(program));
  if (missing.length === 0 || process.env['CI'] !== 'true' || process.getuid?.() !== 0) return;
  const packages = missing.map((program) => PACKAGE_BY_PROGRAM[program] ?? program);
  console.log(`installing ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'ignore', env });
}
