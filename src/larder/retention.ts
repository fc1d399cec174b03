/** What retention has to know of an open root: what each collection keeps, and how far redo needs the log. */
import type { Seq } from '../core/events.ts';
import { parseKeep, type Keep } from '../core/retention.ts';
import { FILES, SCHEMA_NAME } from '../core/refs.ts';
import { readXLarder } from '../core/schemas/x-larder.ts';
import { look } from '../files/look.ts';
import type { World } from '../reconciler/world.ts';

/** `x-larder.history.keep` of a collection, or of `files/_schema.json`; otherwise what the configuration says. */
export function keepOf(world: World, collection: string, fallback: Keep): Keep {
  const said = collection.endsWith(`/${FILES}`) ? saidOfFiles(world, collection) : saidOf(world, collection);
  return (said === undefined ? null : parseKeep(said)) ?? fallback;
}

const saidOf = (world: World, collection: string): string | undefined =>
  world.schemas.inForce(collection)?.schema.settings.history?.keep;

const LARGEST_SCHEMA_BYTES = 1024 * 1024;

function saidOfFiles(world: World, collection: string): string | undefined {
  const seen = look(world, `${collection}/${SCHEMA_NAME}`, { maxBytes: LARGEST_SCHEMA_BYTES });
  if (seen.kind !== 'file') return undefined;
  const read = readXLarder(parsed(seen.bytes));
  return read.kind === 'settings' ? read.settings.history?.keep : undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

const PAGE = 1000;

/** The checkpoint, or further where nothing behind it changed a file. */
export function settledSeq({ events, catalog, recorder }: World): Seq {
  const { checkpoint } = events;
  const behind = catalog.events({ kind: 'all' }, checkpoint, PAGE);
  const isVerdict = behind.every(({ op, kind }) => kind === null && (op === 'problem' || op === 'resolved'));
  return isVerdict && behind.length < PAGE ? Math.max(checkpoint, recorder.announcedSeq) : checkpoint;
}

const ATTEMPTS = 60;
const RETRY_MS = 250;

/**
 * Files that a swap brought out are watched for 2 s before a checkpoint may pass them. `refuseStopping` throws once nobody may wait
 * any longer.
 */
export async function settleUpTo(world: World, seq: Seq, refuseStopping: () => void): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS && settledSeq(world) < seq; attempt++) {
    refuseStopping();
    await world.checkpoints.flush();
    if (settledSeq(world) < seq) await new Promise<void>((resolve) => void world.clock.after(RETRY_MS, resolve));
  }
}
