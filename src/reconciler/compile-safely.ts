/** Compiles the text of a schema in a thread, under a deadline: one that never ends must not hold up anything else. */
import type { Fault } from '../core/events.ts';
import { compileSchema, compileSound, type CompiledSchema, type tryText } from '../core/schemas/compile.ts';
import { compileWithDeadline, type Trial } from '../host/deadline-compile.ts';
import type { World } from './world.ts';

export type Compiled =
  | { readonly kind: 'usable'; readonly schema: CompiledSchema }
  | { readonly kind: 'broken'; readonly code: 'invalid' | 'schema-unreliable'; readonly faults: readonly Fault[] };

const COMPILE_DEADLINE_MS = 1000;

/** A worker loads it by itself: from the TypeScript source in a checkout, from what was built of it in the package. */
const COMPILER = new URL(
  import.meta.url.endsWith('.ts') ? '../core/schemas/compile.ts' : '../core/schemas/compile.js',
  import.meta.url,
);

/** Tries a schema text in a thread, under the deadline. */
export const compileInTime = (text: string): Promise<Trial> => compileWithDeadline(COMPILER, text, COMPILE_DEADLINE_MS);

/** Compiles a schema text without ever holding the event loop for long. */
export async function compileSafely({ tryCompile }: Pick<World, 'tryCompile'>, text: string): Promise<Compiled> {
  const trial = await tryCompile(text);
  if (trial.kind === 'late') {
    const detail = `the schema does not compile within ${COMPILE_DEADLINE_MS} ms`;
    return { kind: 'broken', code: 'schema-unreliable', faults: [{ code: 'schema_too_slow', detail }] };
  }
  if (trial.kind === 'failed') {
    const detail = `the schema compiler failed on it: ${trial.reason}`;
    return { kind: 'broken', code: 'schema-unreliable', faults: [{ code: 'schema_compiler_failed', detail }] };
  }
  const answer = trial.answer as ReturnType<typeof tryText> | undefined;
  if (answer === undefined) return compileSchema(text);
  return answer.kind === 'broken' ? answer : compileSound(text);
}
