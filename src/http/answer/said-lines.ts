/** Work that says what it does in calls, as NDJSON that a client takes at its own pace. */
import { WakeUp } from '../../util/wake-up.ts';

type Say = (line: object, importance?: 'lossy') => void;

/** A lossy line is dropped where the one before it was not taken yet. What the work rejects with is thrown in its turn. */
export async function* saidLines(work: (say: Say) => Promise<void>): AsyncGenerator<string, void> {
  const said = { text: '', isOver: false };
  const wakeUp = new WakeUp();
  const never = new AbortController().signal;
  const ended = work((line, importance) => {
    if (importance === 'lossy' && said.text !== '') return;
    said.text += `${JSON.stringify(line)}\n`;
    wakeUp.ring();
  }).finally(() => {
    said.isOver = true;
    wakeUp.ring();
  });
  // It is thrown below, after the last line; until then it is nobody's business.
  ended.catch(() => {});
  for (;;) {
    while (said.text === '' && !said.isOver) await wakeUp.next(never);
    if (said.text === '') return ended;
    const { text } = said;
    said.text = '';
    yield text;
  }
}
