/** How much the history takes, and how much room is left; asked often, so it is not looked up each time. */
import type { World } from '../reconciler/world.ts';

export interface HistorySize {
  readonly logBytes: number;
  readonly blobBytes: number;
  /** Of the file system of the root. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Less than a tenth is free. */
  readonly isLow: boolean;
}

const FRESH_MS = 5000;
const LOW_SHARE = 0.1;

/** Says once in the log when room becomes scarce, and once when there is enough again. */
export function openHistorySize(
  world: Pick<World, 'fs' | 'clock' | 'root' | 'events' | 'blobs' | 'log'>,
): () => HistorySize {
  let known: HistorySize | null = null;
  let knownMs = -Infinity;
  return () => {
    const nowMs = world.clock.monotonicMs();
    if (known && nowMs - knownMs < FRESH_MS) return known;
    const size = measure(world);
    if (size.isLow !== (known?.isLow ?? false)) tell(world, size);
    [known, knownMs] = [size, nowMs];
    return size;
  };
}

function measure({ fs, root, events, blobs }: Parameters<typeof openHistorySize>[0]): HistorySize {
  const { freeBytes, totalBytes } = spaceOf(fs, root);
  const isLow = totalBytes > 0 && freeBytes < totalBytes * LOW_SHARE;
  return { logBytes: events.sizeBytes, blobBytes: blobBytesOf(blobs), freeBytes, totalBytes, isLow };
}

/** A root that went away has no room of its own. */
function spaceOf(fs: World['fs'], root: string): ReturnType<World['fs']['space']> {
  try {
    return fs.space(root);
  } catch {
    return { freeBytes: 0, totalBytes: 0 };
  }
}

/** A disk that does not answer is health's to tell; asking for a size must not end the process. */
function blobBytesOf(blobs: World['blobs']): number {
  try {
    return blobs.sizeBytes();
  } catch {
    return 0;
  }
}

function tell({ log }: Pick<World, 'log'>, { freeBytes, totalBytes, isLow, logBytes, blobBytes }: HistorySize): void {
  const members = { freeBytes, totalBytes, logBytes, blobBytes };
  if (isLow) log.warn(members, 'less than a tenth of the disk is free; larder prune can thin the history');
  else log.info(members, 'there is room on the disk again');
}
