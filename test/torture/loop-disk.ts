/**
 * An ext4 file system in a file, whose power can be cut: what the device has at one instant is copied, and mounted again at the
 * same device number. Only what a program synced, or the kernel wrote by itself, is in the copy.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { within } from './harness.ts';

const IMAGE_BYTES = 192 * 1024 * 1024;
/** How often ext4 commits by itself, and whether a rename brings the data with it. */
const MOUNT_OPTIONS = ['commit=5', 'commit=1', 'commit=1000,noauto_da_alloc'];
const STILL_MS = 10_000;
const COPIES = 20;

export interface LoopDisk extends Disposable {
  /** Where it is mounted. */
  readonly path: string;
  /** Copies what the device has now, while the process stands still; this is what will be left after `restore`. */
  readonly cut: (pid: number) => Promise<void>;
  /** Mounts what was copied. Nothing may have a file open on the disk. */
  readonly restore: () => void;
}

/** Null where there is no permission, or no loop device. */
export function openLoopDisk(imageBytes = IMAGE_BYTES): LoopDisk | null {
  if (process.getuid?.() !== 0 || !existsSync('/dev/loop-control')) return null;
  const place = mkdtempSync(join(tmpdir(), 'larder-disk-'));
  const [image, copy, mount] = [join(place, 'disk.img'), join(place, 'cut.img'), join(place, 'mnt')];
  mkdirSync(mount);
  const device = prepare(image, imageBytes);
  if (device === null || !tryRun('mount', '-o', MOUNT_OPTIONS[0] ?? '', device, mount)) {
    if (device !== null) tryRun('losetup', '-d', device);
    rmSync(place, { recursive: true });
    return null;
  }
  let cuts = 0;
  return {
    path: mount,
    async cut(pid) {
      process.kill(pid, 'SIGSTOP');
      await copyStill(device, pid, image, copy);
    },
    restore() {
      run('umount', mount);
      run('losetup', '-d', device);
      renameSync(copy, image);
      run('losetup', device, image);
      cuts += 1;
      run('mount', '-o', MOUNT_OPTIONS[cuts % MOUNT_OPTIONS.length] ?? '', device, mount);
    },
    [Symbol.dispose]() {
      tryRun('umount', mount);
      tryRun('losetup', '-d', device);
      rmSync(place, { recursive: true, force: true });
    },
  };
}

function prepare(image: string, bytes: number): string | null {
  if (!tryRun('truncate', '-s', String(bytes), image) || !tryRun('mkfs.ext4', '-q', image)) return null;
  const { status, stdout } = spawnSync('losetup', ['--find', '--show', image], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** A copy counts only when the device wrote nothing while it was made. */
async function copyStill(device: string, pid: number, image: string, copy: string): Promise<void> {
  const block = `/sys/block/${basename(device)}`;
  const isStill = (): boolean => /^\s*0\s+0\s*$/.test(readFileSync(`${block}/inflight`, 'utf8'));
  for (let tries = 0; tries < COPIES; tries++) {
    if (!(await within(STILL_MS, () => isStopped(pid) && isStill()))) break;
    const before = readFileSync(`${block}/stat`, 'utf8');
    run('cp', '--sparse=always', image, copy);
    if (isStill() && readFileSync(`${block}/stat`, 'utf8') === before) return;
  }
  throw new Error(`${device} did not keep still`);
}

const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    /^\d+ \(.*\) [Tt] /s.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  );

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

const tryRun = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
