/** Disk heads beside files: everything that differs is looked at again, as opening or the daemon would. */
import type { FoundFile } from '../../catalog/fold.ts';
import type { Run } from './subject.ts';
import { PAGE, suspectsAmongFiles, suspectsAmongPaths } from './suspects.ts';

export async function compareFiles(run: Run): Promise<void> {
  const { subject, fold, progress, report } = run;
  const total = fold.count();
  let done = 0;
  const onPage = async (): Promise<void> => {
    done += PAGE;
    progress({ stage: 'comparing', done: Math.min(done, total), total });
    await run.breathe();
  };
  for await (const suspects of suspectsAmongPaths(subject.bulk, fold, onPage))
    for (const finding of await subject.lookAgain(suspects, run)) report(finding);
  for await (const { suspects, unservable } of suspectsAmongFiles(subject.bulk, fold)) {
    for (const finding of await subject.lookAgain(suspects, run)) report(finding);
    for (const file of unservable) if (run.copies.recorded(file.path) === undefined) reportUnlisted(run, file);
    await run.breathe();
  }
}

function reportUnlisted({ subject, report }: Run, { path, why }: FoundFile): void {
  report({
    kind: subject.audit === null || !subject.isLive ? 'pending' : 'difference',
    code: 'problem',
    path,
    expected: 'a problem that is listed',
    found: 'none',
    detail: why ?? 'it cannot be served',
  });
}
