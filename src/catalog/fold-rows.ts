/** What the log says of one path, folded anew by the same pure effects as the catalog's. */
import type { Digest } from '../core/digest.ts';
import type { BodyPlace, LoggedEntry, Seq } from '../core/events.ts';
import { parseProblemCode } from '../core/problem-hints.ts';
import type { ProblemCode } from '../core/problems.ts';
import type { StatKey } from '../core/stat-key.ts';
import { DISPROVED_BY_BYTES } from './apply-entry.ts';
import { bitOf, codesOf } from './codes.ts';
import { effectOf, headless, headsAfter, type Effect } from './entry-effects.ts';
import type { PathState } from './path-rows.ts';
import { DECIDED_BY_PEOPLE } from './problem-rows.ts';
import type { Seen } from './types.ts';

export interface FoldedPath {
  readonly path: string;
  readonly diskDigest: Digest | null;
  readonly servedDigest: Digest | null;
  readonly servedSeq: Seq | null;
  readonly deletedSeq: Seq | null;
  /** Newest event that named the path. */
  readonly lastSeq: Seq;
  /** Codes of the problems that the log has not ended. */
  readonly problems: readonly ProblemCode[];
  /** Of the version that is the disk head. */
  readonly diskSeq: Seq;
  readonly size: number;
  readonly placedMtimeNs: bigint | null;
  readonly body: BodyPlace;
}

/** Beside it the problems as bits, which `problems` spells. */
export interface Row extends FoldedPath {
  readonly bits: number;
}

export const NOWHERE: BodyPlace = { in: 'nowhere' };

const NO_PROBLEMS: readonly ProblemCode[] = [];

export const blank = (path: string): Row => ({
  path,
  diskDigest: null,
  diskSeq: 0,
  servedDigest: null,
  servedSeq: null,
  deletedSeq: null,
  lastSeq: 0,
  problems: NO_PROBLEMS,
  bits: 0,
  size: 0,
  placedMtimeNs: null,
  body: NOWHERE,
});

const stateOf = ({ diskDigest, diskSeq, servedSeq, deletedSeq, bits }: Row): PathState => ({
  diskDigest,
  diskSeq,
  servedSeq,
  deletedSeq,
  stat: null,
  clean: false,
  grown: false,
  problems: bits,
});

/** A fold knows no stat: nothing is spelt for it. */
const UNSEEN: Seen = { key: '' as StatKey, clean: false };

export function leftBehind(row: Row, entry: LoggedEntry): Row {
  const { diskDigest, diskSeq, servedSeq, deletedSeq } = headless(stateOf(row), entry);
  const bits = row.bits & LASTING_BITS;
  const lastSeq = entry.seq;
  return {
    ...row,
    diskDigest,
    diskSeq,
    servedSeq,
    deletedSeq,
    servedDigest: null,
    lastSeq,
    bits,
    problems: codesOf(bits),
  };
}

export function after(before: Row, entry: LoggedEntry): Row {
  const effect = effectOf(entry);
  const { diskDigest, diskSeq, servedSeq, deletedSeq } = headsAfter(stateOf(before), entry, effect, UNSEEN);
  const servedDigest =
    effect === 'accept' ? entry.digest : effect === 'remove' || servedSeq === null ? null : before.servedDigest;
  const bits = bitsAfter(before.bits, effect, entry);
  const movesDisk = effect === 'accept' || effect === 'refuse';
  return {
    path: before.path,
    diskDigest,
    diskSeq,
    servedDigest,
    servedSeq,
    deletedSeq,
    lastSeq: entry.seq,
    problems: bits === before.bits ? before.problems : codesOf(bits),
    bits,
    size: movesDisk ? entry.size : before.size,
    placedMtimeNs: movesDisk ? (entry.placed?.mtimeNs ?? null) : before.placedMtimeNs,
    body: movesDisk ? entry.body : before.body,
  };
}

const bitsOf = (codes: readonly ProblemCode[]): number => codes.reduce((bits, code) => bits | bitOf(code), 0);
const DISPROVED_BITS = bitsOf(DISPROVED_BY_BYTES);
const LASTING_BITS = bitsOf(DECIDED_BY_PEOPLE);

/** As the rows of `problems` are written (apply-entry.ts), for recorded ones alone. */
function bitsAfter(bits: number, effect: Effect, { code }: LoggedEntry): number {
  switch (effect) {
    case 'accept':
    case 'remove':
      return bits & LASTING_BITS;
    case 'refuse':
      return (bits & ~DISPROVED_BITS) | bitOf(parseProblemCode(code ?? 'invalid'));
    case 'keep':
      return bits | bitOf(parseProblemCode(code ?? 'rescued'));
    case 'report':
      return bits | bitOf(parseProblemCode(code ?? 'warning'));
    case 'resolve':
      return code === undefined ? bits & LASTING_BITS : bits & ~bitOf(parseProblemCode(code));
    case 'none':
      return bits;
  }
}
