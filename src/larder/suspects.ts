/** A verification's second look at paths of a root that is open: through the pipeline, so that what is merely new is recorded. */
import type { Digest } from '../core/digest.ts';
import type { Finding } from '../maintain/verify/types.ts';
import type { Suspect } from '../maintain/verify/subject.ts';
import { settle } from '../reconciler/settle.ts';
import type { Settled } from '../reconciler/settled.ts';
import type { World } from '../reconciler/world.ts';

export async function suspectsAgain(world: World, suspects: readonly Suspect[]): Promise<Finding[]> {
  const paths = suspects.flatMap(({ folded, file }) => folded?.path ?? file?.path ?? []);
  const settled = new Map((await settle(world, paths)).map((one) => [one.observation.path, one]));
  return paths.flatMap((path) => judge(world, path, settled.get(path)));
}

function judge(world: World, path: string, one: Settled | undefined): Finding[] {
  const head = world.catalog.head(path);
  const expected = head?.diskDigest ?? null;
  const found = one?.observation.examined.digest ?? null;
  const outage = one?.observation.outage;
  if (outage) return [finding('pending', 'file', path, expected, null, `it is out of reach: ${outage.detail}`)];
  const pending = world.pendings.get(path);
  if (pending) return [finding('pending', 'file', path, expected, found, `it waits for another look: ${pending.code}`)];
  if (head?.problems.includes('rotten')) return [finding('difference', 'rotten', path, expected, found, ROTTEN)];
  if (head?.problems.includes('unreadable'))
    return [finding('pending', 'file', path, expected, found, 'it cannot be read, and is listed for that')];
  if (expected === found) return [];
  return [finding('difference', 'file', path, expected, found, 'the file is not what was recorded last')];
}

const ROTTEN = 'the bytes changed although nothing wrote the file: the recorded version is served; see larder problems';

const finding = (
  kind: Finding['kind'],
  code: Finding['code'],
  path: string,
  expected: Digest | null,
  found: Digest | null,
  detail: string,
): Finding => ({ kind, code, path, expected, found, detail });
