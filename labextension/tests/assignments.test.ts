/** A tutor's table of an assignment, and what the dialogs propose. */

import { PromiseDelegate } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { AssignmentsApi, type IRow } from '../src/assignmentsApi';
import { AssignmentsTable, type IActions } from '../src/assignmentsTable';
import { courseOf } from '../src/collect';
import { assignmentOf } from '../src/handIn';
import { HandOut } from '../src/handOut';
import { texts } from '../src/texts';
import { Classroom, until } from './classroom';

const LIST = '/classroom/api/assignments';
const ADA: IRow = {
  name: 'ada',
  shown: 'Ada',
  path: 'students/ada/ps1',
  listed: true,
  has: 'copy',
  changed: 1_700_000_100,
  handedIn: 1_700_000_000,
  times: 1
};
const BEN: IRow = { ...ADA, name: 'ben', shown: 'Ben B.', has: 'other', changed: null };

let classroom: Classroom;
let table: AssignmentsTable;
let rows: readonly IRow[];
/** The first answer waits until it is let go on. */
let first: PromiseDelegate<void> | null;
const acted: string[] = [];
const actions: IActions = {
  again: async ({ name }) => void acted.push(`again ${name}`),
  collect: async ({ name }) => void acted.push(`collect ${name}`),
  show: async ({ path }) => void acted.push(`show ${path}`)
};

beforeEach(async () => {
  acted.length = 0;
  rows = [ADA, { ...BEN, handedIn: null, listed: false }];
  first = null;
  classroom = await Classroom.start();
  classroom.answer = async (path) => {
    const { pathname } = new URL(path, 'http://here');
    const found = rows;
    if (pathname !== LIST) {
      const wait = first;
      first = null;
      await wait?.promise;
      return { body: JSON.stringify({ rows: found }) };
    }
    const assignments = [{ name: 'ps1', source: 'course/release/ps1' }];
    return { body: JSON.stringify({ assignments, students: [], rooms: [], own: false }) };
  };
  table = new AssignmentsTable(
    new AssignmentsApi(classroom.app().serviceManager.serverSettings),
    actions,
    texts(null)
  );
  Widget.attach(table, document.body);
});

afterEach(async () => {
  table.dispose();
  await classroom.stop();
});

function lines(): string[] {
  return [...table.node.querySelectorAll('tbody tr')].map((row) => row.textContent ?? '');
}

test('it says of each student what they have, and what has changed since', async () => {
  await table.refresh();
  await until(() => lines().length === 2);
  const [ada, ben] = lines();
  expect(ada).toContain('students/ada/ps1');
  expect(ada).toContain('changed since');
  expect(ben).toContain('Ben B. (ben)');
  expect(ben).toContain('no longer on the list');
  expect(ben).toContain('has something else of that name');
  expect(table.node.textContent).toContain('1 have it, 1 have changed it, and 1 have handed it in');
});

test('what was asked last counts, though it comes first', async () => {
  const held = new PromiseDelegate<void>();
  first = held;
  const slow = table.refresh();
  await until(() => first === null);
  rows = [{ ...ADA, name: 'new', shown: 'new' }];
  await table.refresh();
  held.resolve();
  await slow;
  await until(() => lines().length === 1);
  expect(lines()[0]).toContain('new');
});

test('its buttons lead on', async () => {
  await table.refresh();
  await until(() => lines().length === 2);
  for (const text of ['students/ada/ps1', 'Collect…', 'Hand out again…']) {
    const found = [...table.node.querySelectorAll('button')].find(
      (one) => one.textContent === text
    );
    found?.click();
  }
  await until(() => acted.length === 3);
  expect(acted).toEqual(['show students/ada/ps1', 'collect ps1', 'again ps1']);
});

test('a copy that can not be looked at is named with its reason', async () => {
  rows = [{ ...ADA, has: 'other', error: 'The lab of Ada is away.' }];
  await table.refresh();
  await until(() => lines().length === 1);
  expect(lines()[0]).toContain('The lab of Ada is away.');
});

test('the members of a room are chosen, and nobody else', async () => {
  const students = ['ada', 'ben', 'eve'].map((name) => ({ name, shown: name }));
  const rooms = [{ name: 'maths', members: ['ada', 'eve'] }];
  const dialog = new HandOut('ps1', 'ps1', { students, rooms, own: true }, texts(null));
  Widget.attach(dialog, document.body);
  await until(() => dialog.node.querySelector('select') !== null);
  expect(dialog.node.textContent).toContain('in a lab of their own');
  expect(dialog.getValue().students).toEqual(['ada', 'ben', 'eve']);
  const select = dialog.node.querySelector('select') as HTMLSelectElement;
  select.value = 'maths';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await until(() => dialog.getValue().students.length === 2);
  expect(dialog.getValue().students).toEqual(['ada', 'eve']);
  dialog.dispose();
});

test('the course is where nbgrader has released from', () => {
  expect(courseOf('course101/release/ps1')).toBe('course101');
  expect(courseOf('release/ps1')).toBe('');
  expect(courseOf('lessons/ps1.ipynb')).toBe('collected');
});

test('the assignment is the one whose folder the file is in', () => {
  const mine = [
    { name: 'ps10', path: 'students/ada/ps10', handedIn: null, times: 0 },
    { name: 'ps1', path: 'students/ada/ps1', handedIn: null, times: 0 }
  ];
  expect(assignmentOf(mine, 'students/ada/ps1/a.ipynb')?.name).toBe('ps1');
  expect(assignmentOf(mine, 'students/ada/ps10')?.name).toBe('ps10');
  expect(assignmentOf(mine, 'students/ada')).toBeUndefined();
});
