/** Choosing what to bring back from a snapshot, by mouse and by keyboard. */

import { PromiseDelegate } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { type IEntry, SnapshotsApi } from '../src/snapshotsApi';
import { SnapshotsChooser } from '../src/snapshotsChooser';
import { texts } from '../src/texts';
import { Classroom, eventually, until } from './classroom';

const WORDS = texts(null);
const LIST = '/classroom/api/snapshots';

/** Files of each snapshot. */
const SNAPSHOTS = {
  new: ['notes/story.txt', 'lesson.ipynb'],
  old: ['notes/story.txt', 'notes/deep/end.txt', 'plain.txt']
};

let classroom: Classroom;
let chooser: SnapshotsChooser;
/** A request that waits until it is let go on. */
interface IHeld {
  readonly path: string;
  readonly came: PromiseDelegate<void>;
  readonly go: PromiseDelegate<void>;
}

let held: IHeld | null;

/** The API, of which a test can wait for the last folder that was asked for. */
class Api extends SnapshotsApi {
  override tree(snapshot: string, path: string): Promise<IEntry[]> {
    this.last = super.tree(snapshot, path);
    return this.last;
  }

  last: Promise<IEntry[]> | null = null;
}

let api: Api;

beforeEach(async () => {
  held = null;
  classroom = await Classroom.start();
  classroom.answer = async (path) => {
    const url = new URL(path, 'http://here');
    if (path === held?.path) {
      held.came.resolve();
      await held.go.promise;
    }
    return answer(url.pathname.slice(LIST.length), url.searchParams.get('path') ?? '');
  };
});

afterEach(async () => {
  chooser.dispose();
  await classroom.stop();
});

function answer(address: string, path: string): { status?: number; body: string } {
  if (address === '') {
    const snapshots = Object.keys(SNAPSHOTS).map((id, index) => ({
      id,
      time: new Date(Date.UTC(2026, 0, 2 - index)).toISOString(),
      why: index ? 'restore' : 'beat'
    }));
    return { body: JSON.stringify({ snapshots }) };
  }
  const [, id, what] = address.split('/') as [string, keyof typeof SNAPSHOTS, string];
  const files = SNAPSHOTS[id];
  if (what === 'preview') {
    return path === 'plain.txt'
      ? { status: 415, body: JSON.stringify({ message: 'It is no text.' }) }
      : { body: `${id}: ${path}` };
  }
  const inside = path ? `${path}/` : '';
  const entries = new Map<string, object>();
  for (const file of files.filter((one) => one.startsWith(inside))) {
    const [name = '', ...below] = file.slice(inside.length).split('/');
    const type = below.length ? 'dir' : 'file';
    entries.set(name, { path: `/${inside}${name}`, name, type });
  }
  const itself = path ? [{ path: `/${path}`, name: path, type: 'dir' }] : [];
  return { body: JSON.stringify({ entries: [...itself, ...entries.values()] }) };
}

async function open(path: string): Promise<void> {
  const { serverSettings } = classroom.app().serviceManager;
  api = new Api(serverSettings);
  chooser = new SnapshotsChooser(api, WORDS, path);
  Widget.attach(chooser, document.body);
  await until(() => chooser.node.querySelector('pre'));
}

function list(name: string): HTMLSelectElement {
  return chooser.node.querySelector(`select[aria-label="${name}"]`) as HTMLSelectElement;
}

const text = (selector: string) => chooser.node.querySelector(selector)?.textContent;

/** Wait until a folder is listed, and the page says no more that it looks. */
async function lists(...labels: string[]): Promise<void> {
  await eventually(() => {
    expect([...list(WORDS.files).options].map((one) => one.label)).toEqual(labels);
    expect(text('[role=status]')).toBe('');
  });
}

async function previews(words: string): Promise<void> {
  await eventually(() => expect(text('pre')).toBe(words));
}

function choose(name: string, value: string): void {
  const found = list(name);
  found.value = value;
  found.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Press a key in the list of files; say whether it stays there. */
function press(key: string): boolean {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  return !list(WORDS.files).dispatchEvent(event);
}

function doubleClick(): void {
  list(WORDS.files).dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
}

const NOTES = [WORDS.up, WORDS.wholeFolder('notes'), 'story.txt'];
const ROOT = [WORDS.all, 'notes/', 'lesson.ipynb'];

test('it begins at the file that was pointed at, in the newest snapshot', async () => {
  await open('notes/story.txt');
  await lists(...NOTES);
  await previews('new: notes/story.txt');
  expect(list(WORDS.snapshots).options).toHaveLength(2);
  expect(list(WORDS.snapshots).value).toBe('new');
  expect(list(WORDS.snapshots).options[1]?.label).toContain(WORDS.why.restore);
  expect(list(WORDS.files).value).toBe('story.txt');
  expect(chooser.getValue()).toMatchObject({ snapshot: { id: 'new' }, path: 'notes/story.txt' });
});

test('another snapshot shows the same file as it was then', async () => {
  await open('notes/story.txt');
  await lists(...NOTES);
  choose(WORDS.snapshots, 'old');
  await lists(WORDS.up, WORDS.wholeFolder('notes'), 'deep/', 'story.txt');
  await previews('old: notes/story.txt');
});

test('arrows lead into a folder and out of it', async () => {
  await open('');
  await lists(...ROOT);
  expect(chooser.getValue()?.path).toBe('');
  choose(WORDS.files, 'notes');
  await previews(WORDS.folderComesBack);
  expect(chooser.getValue()?.path).toBe('notes');
  expect(press('ArrowRight')).toBe(true);
  await lists(...NOTES);
  expect(chooser.getValue()?.path).toBe('notes');
  expect(press('ArrowLeft')).toBe(true);
  await lists(...ROOT);
  expect(list(WORDS.files).value).toBe('notes');
  expect(press('Enter')).toBe(false); // the dialog's
});

test('a double click leads into a folder, and on the entry for that out of it', async () => {
  await open('notes/story.txt');
  await lists(...NOTES);
  choose(WORDS.files, '..');
  await previews(WORDS.folderComesBack);
  doubleClick();
  await lists(...ROOT);
  doubleClick();
  await lists(...NOTES);
});

test('an answer that comes after another choice is not shown', async () => {
  await open('lesson.ipynb');
  await lists(...ROOT);
  const slow = {
    path: `${LIST}/old/tree?path`,
    came: new PromiseDelegate<void>(),
    go: new PromiseDelegate<void>()
  };
  held = slow;
  choose(WORDS.snapshots, 'old');
  await slow.came.promise;
  await previews('');
  const late = api.last;
  choose(WORDS.snapshots, 'new');
  await previews('new: lesson.ipynb');
  slow.go.resolve();
  expect(await late).toHaveLength(2);
  choose(WORDS.files, 'notes'); // the page has had that answer, and goes on
  await previews(WORDS.folderComesBack);
  await lists(...ROOT);
  expect(list(WORDS.snapshots).value).toBe('new');
});

test('what cannot be shown is said', async () => {
  await open('plain.txt');
  await eventually(() => expect(list(WORDS.snapshots).options).toHaveLength(2));
  choose(WORDS.snapshots, 'old');
  await lists(WORDS.all, 'notes/', 'plain.txt');
  choose(WORDS.files, 'plain.txt');
  await eventually(() => expect(text('[role=status]')).toContain('It is no text.'));
  expect(text('pre')).toBe('');
  expect(chooser.getValue()?.path).toBe('plain.txt'); // it can be brought back all the same
});

test('where there is no snapshot yet there is nothing to bring back', async () => {
  classroom.answer = () => ({ body: '{"snapshots": []}' });
  await open('lesson.ipynb');
  await eventually(() => expect(text('[role=status]')).toBe(WORDS.noSnapshots));
  expect(chooser.getValue()).toBeNull();
});
