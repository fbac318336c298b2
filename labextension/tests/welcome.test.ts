/** The welcome notebook: in front of an empty page, behind any other, and opened once. */

import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { type ILive, live } from '../src/live';
import { welcome } from '../src/welcome';
import { Classroom, until } from './classroom';

const MESSAGE = { type: 'welcome', path: 'Welcome.ipynb' };

let classroom: Classroom;
let page: ILive;
let opened: [string, boolean][];
let activated: string[];
let current: { id: string } | null;
let there: Set<string>;

/** Have a page with some widgets open. */
async function load(...ids: string[]): Promise<void> {
  const app = classroom.app();
  const given = { ...app, restored: Promise.resolve() } as JupyterFrontEnd;
  Object.assign(given.serviceManager, { ready: Promise.resolve() });
  page = (await live.activate(given)) as ILive;
  const shell = {
    widgets: () => ids.map((id) => ({ id })),
    activateById: (id: string) => activated.push(id),
    get currentWidget() {
      return current;
    }
  } as unknown as ILabShell;
  const documents = {
    findWidget: (path: string) => (there.has(path) ? {} : undefined),
    open: (path: string, _: unknown, __: unknown, { activate }: { activate: boolean }) => {
      opened.push([path, activate]);
      return { id: 'welcome', revealed: Promise.resolve() };
    }
  } as unknown as IDocumentManager;
  const browser = { model: { driveName: 'RTC' } } as unknown as IDefaultFileBrowser;
  await welcome.activate(given, page, shell, documents, browser);
  await until(() => classroom.connected);
}

const said = () => classroom.heard.filter((one) => (one as { type: string }).type === 'welcomed');

beforeEach(async () => {
  classroom = await Classroom.start();
  opened = [];
  activated = [];
  current = { id: 'welcome' };
  there = new Set();
  window.history.replaceState({}, '', '/lab');
});

afterEach(async () => {
  classroom.refusal = 403;
  classroom.answer = () => ({ status: 403, body: '' });
  classroom.end(1003, '');
  await page.ended;
  await classroom.stop();
});

test('an empty page shows it, and says so', async () => {
  await load('launcher-0');
  classroom.say(MESSAGE);
  await until(() => said().length);
  expect(opened).toEqual([['RTC:Welcome.ipynb', true]]);
});

test('it is the current document even if the page was not laid out yet', async () => {
  current = null;
  await load('launcher-0');
  classroom.say(MESSAGE);
  await until(() => activated.length);
  expect(activated).toEqual(['welcome']);
});

test('it stays behind what a page shows', async () => {
  await load('launcher-0', 'id-lesson');
  classroom.say(MESSAGE);
  await until(() => said().length);
  expect(opened).toEqual([['RTC:Welcome.ipynb', false]]);
});

test('it stays behind what a link leads to', async () => {
  window.history.replaceState({}, '', '/lab/tree/lesson.ipynb');
  await load();
  classroom.say(MESSAGE);
  await until(() => said().length);
  expect(opened).toEqual([['RTC:Welcome.ipynb', false]]);
});

test('one that is open already, and one offered again, are not opened twice', async () => {
  there.add('RTC:Welcome.ipynb');
  await load('id-welcome');
  classroom.say(MESSAGE);
  await until(() => said().length);
  classroom.say(MESSAGE);
  classroom.say({ type: 'notice', text: 'after it' });
  await until(() => page.latest.has('notice'));
  expect(opened).toEqual([]);
  expect(said()).toHaveLength(1);
});
