import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Access } from './access.ts';
import type { Io } from './io.ts';

/** `larder types`: TypeScript types of all collections, to standard output or a file. */
export async function writeTypes(access: Access, file: string | undefined, io: Io): Promise<number> {
  // The generator costs some 150 ms to load, which no other command should pay.
  const { typesText } = await import('../core/types-text.ts');
  const text = await typesText(await access.schemas());
  if (file === undefined) io.out(text);
  else writeFileSync(resolve(io.workingDirectory, file), text);
  return 0;
}
