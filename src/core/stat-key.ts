/**
 * Stat identity: what must be equal for a file to count as unchanged without reading it (DESIGN 3.5). Compared with
 * `!==` only, because times go back (cp -p, rsync -t) and inode numbers are re-used at once.
 */

import type { FileIdentity } from './events.ts';

/** `size mtimeNs ctimeNs ino birthtimeNs`, decimal. */
export type StatKey = string & { readonly __brand: 'StatKey' };

interface StatFields {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly birthtimeNs: bigint;
}

export const statKeyOf = (stat: StatFields): StatKey =>
  `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino} ${stat.birthtimeNs}` as StatKey;

/** What of a stat identity lasts while our own calls touch the file. */
export function identityIn(key: StatKey): FileIdentity {
  const [, mtimeNs = '0', , ino = '0', birthtimeNs = '0'] = key.split(' ');
  return { ino: BigInt(ino), birthtimeNs: BigInt(birthtimeNs), mtimeNs: BigInt(mtimeNs) };
}

/** When its bytes were written last, and when anything of it changed. */
export function timesIn(key: StatKey): { readonly mtimeNs: bigint; readonly ctimeNs: bigint } {
  const [, mtimeNs = '0', ctimeNs = '0'] = key.split(' ');
  return { mtimeNs: BigInt(mtimeNs), ctimeNs: BigInt(ctimeNs) };
}

/** Bytes of the file. */
export const sizeIn = (key: StatKey): number => Number.parseInt(key, 10);

/** Tells the file whose identity the log has, and equals the key of none: change times are never recorded. */
export const keyOfIdentity = (size: number, { mtimeNs, ino, birthtimeNs }: FileIdentity): StatKey =>
  statKeyOf({ size, mtimeNs, ctimeNs: 0n, ino, birthtimeNs });

/** Timestamps may be as coarse as a timer tick of 10 ms; twice that is safe (git's racy index, technical/racy-git). */
const RACY_NS = 20_000_000n;

/** True when a later write could still leave the same stat identity: such a file is read again before it is believed. */
export const isRacy = (changedNs: bigint, readAtNs: bigint): boolean => changedNs > readAtNs - RACY_NS;
