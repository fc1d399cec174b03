/** How editors, scripts and people change files, step by step. */
import type { Hands } from './hands.ts';

export type Steps = Generator<void, void, undefined>;

type Habit = (hands: Hands, path: string) => Steps;

function* saveInPieces(hands: Hands, path: string): Steps {
  const text = hands.text(path);
  const [first, second] = hands.half(text);
  const fd = hands.openInPlace(path);
  yield;
  hands.truncate(fd, path);
  yield;
  hands.write(fd, path, first, 0);
  yield;
  hands.write(fd, path, second, first.length);
  yield;
  hands.close(fd, path, text);
}

function saveAtOnce(hands: Hands, path: string): void {
  const text = hands.text(path);
  const fd = hands.openInPlace(path);
  hands.truncate(fd, path);
  hands.write(fd, path, Buffer.from(text), 0);
  hands.close(fd, path, text);
}

function overwriteSameLength(hands: Hands, path: string): void {
  if (!hands.has(path)) return;
  const text = hands.sameLength(path);
  const fd = hands.openInPlace(path);
  hands.write(fd, path, Buffer.from(text), 0);
  hands.close(fd, path, text);
}

function* saveByRename(hands: Hands, path: string): Steps {
  const beside = hands.writeBeside(path, hands.text(path));
  yield;
  hands.renameOver(beside, path);
}

function* deleteAndCreate(hands: Hands, path: string): Steps {
  if (!hands.has(path)) return;
  hands.remove(path);
  yield;
  const beside = hands.writeBeside(path, hands.text(path));
  hands.renameOver(beside, path);
}

function remove(hands: Hands, path: string): void {
  if (hands.has(path)) hands.remove(path);
}

function rename(hands: Hands, path: string): void {
  const to = hands.otherPath();
  if (!hands.has(path) || hands.has(to) || to === path) return;
  hands.makeDirectories(to);
  hands.move(path, to);
}

function renameDirectory(hands: Hands, path: string): void {
  const from = path.slice(0, path.lastIndexOf('/'));
  const to = from.endsWith('-b') ? from.slice(0, -2) : `${from}-b`;
  if (from.split('/').length < 3 || !hands.isDirectory(from) || hands.isDirectory(to)) return;
  hands.moveDirectory(from, to);
}

function* restoreOlder(hands: Hands, path: string): Steps {
  const beside = hands.writeBeside(path, hands.olderText());
  yield;
  hands.renameOver(beside, path);
  hands.olderTimes(path);
  hands.saved(path);
}

function* breakAndMend(hands: Hands, path: string): Steps {
  const text = hands.text(path);
  const broken = text.slice(0, text.length - 5);
  const fd = hands.openInPlace(path);
  hands.truncate(fd, path);
  hands.write(fd, path, Buffer.from(broken), 0);
  hands.close(fd, path, broken);
  for (let pauses = 0; pauses < 6; pauses += 1) yield;
  hands.renameOver(hands.writeBeside(path, text), path);
}

function empty(hands: Hands, path: string): void {
  if (!hands.has(path)) return;
  const fd = hands.openInPlace(path);
  hands.truncate(fd, path);
  hands.close(fd, path, '');
}

/** Saves into the file that it opened earlier, whatever became of its name. */
function* keepOpen(hands: Hands, path: string): Steps {
  if (!hands.has(path)) return;
  const text = hands.text(path);
  const fd = hands.openInPlace(path);
  for (let pauses = 0; pauses < 4; pauses += 1) yield;
  hands.truncate(fd, path);
  hands.write(fd, path, Buffer.from(text), 0);
  hands.close(fd, path, text);
}

const inOneStep = (act: (hands: Hands, path: string) => void): Habit =>
  function* steps(hands, path) {
    act(hands, path);
    yield;
  };

/** By name; what people do most is there more than once. */
export const HABITS: readonly (readonly [name: string, habit: Habit])[] = [
  ['save in pieces', saveInPieces],
  ['save at once', inOneStep(saveAtOnce)],
  ['save at once', inOneStep(saveAtOnce)],
  ['overwrite with as many bytes', inOneStep(overwriteSameLength)],
  ['overwrite with as many bytes', inOneStep(overwriteSameLength)],
  ['save by rename', saveByRename],
  ['save by rename', saveByRename],
  ['delete and create', deleteAndCreate],
  ['remove', inOneStep(remove)],
  ['rename', inOneStep(rename)],
  ['rename directory of', inOneStep(renameDirectory)],
  ['restore older', restoreOlder],
  ['break and mend', breakAndMend],
  ['empty', inOneStep(empty)],
  ['keep open', keepOpen],
  ['keep open', keepOpen],
];

function* appendInPieces(hands: Hands, path: string): Steps {
  const [first, second] = hands.half(hands.text(path));
  const fd = hands.openInPlace(path);
  hands.append(fd, path, first);
  yield;
  hands.append(fd, path, second);
  yield;
  hands.close(fd, path, 'a line');
}

function appendLines(hands: Hands, path: string): void {
  const fd = hands.openInPlace(path);
  for (const text of [hands.text(path), hands.text(path)]) hands.append(fd, path, Buffer.from(text));
  hands.close(fd, path, 'lines');
}

/** As logrotate does: under another name it goes on, and a new one begins. */
function* rotate(hands: Hands, path: string): Steps {
  if (!hands.has(path)) return;
  hands.move(path, path.replace('.jsonl', `-${hands.number()}.jsonl`));
  yield;
  appendLines(hands, path);
}

/** What programs do to files that only grow, and now and then do not. */
export const STREAM_HABITS: typeof HABITS = [
  ['append a line in pieces to', appendInPieces],
  ['append a line in pieces to', appendInPieces],
  ['append lines to', inOneStep(appendLines)],
  ['append lines to', inOneStep(appendLines)],
  ['save by rename', saveByRename],
  ['empty', inOneStep(empty)],
  ['rotate', rotate],
];

/** What is done to a `_schema.json`: nobody renames one. */
export const SCHEMA_HABITS: typeof HABITS = [
  ['save in pieces', saveInPieces],
  ['save at once', inOneStep(saveAtOnce)],
  ['save at once', inOneStep(saveAtOnce)],
  ['save by rename', saveByRename],
  ['delete and create', deleteAndCreate],
  ['remove', inOneStep(remove)],
  ['restore older', restoreOlder],
  ['break and mend', breakAndMend],
  ['empty', inOneStep(empty)],
  ['keep open', keepOpen],
];

/** Every file of a directory, one after the other, as `rm` does. */
function* removeAll(hands: Hands, path: string): Steps {
  for (const one of hands.filesBeside(path)) {
    if (hands.has(one)) hands.remove(one);
    if (hands.maybe(0.1)) yield;
  }
}

/** The whole directory out of the tree, and perhaps back: a disk that is not mounted, a branch that is checked out. */
function* moveAway(hands: Hands, path: string): Steps {
  const directory = path.slice(0, path.lastIndexOf('/'));
  if (!hands.isDirectory(directory)) return;
  const away = hands.moveOut(directory);
  const isForGood = hands.maybe(0.3);
  for (let pauses = 0; pauses < 8; pauses += 1) yield;
  if (!isForGood && !hands.isDirectory(directory)) hands.moveIn(away, directory);
}

/** All of them anew, as a restore does. */
function* bringBack(hands: Hands, path: string): Steps {
  for (const one of hands.filesBeside(path)) {
    if (!hands.has(one)) hands.renameOver(hands.writeBeside(one, hands.text(one)), one);
    if (hands.maybe(0.1)) yield;
  }
}

/** What happens to many documents of a collection at once. */
export const MASS_HABITS: typeof HABITS = [
  ['remove all beside', removeAll],
  ['move away all beside', moveAway],
  ['move away all beside', moveAway],
  ['bring back all beside', bringBack],
];
