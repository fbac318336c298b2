/** The launcher's list of what others have open. */

import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { VDomRenderer } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { createElement } from 'react';
import type { IAwareness } from '../src/faces';
import { type ILive, live } from '../src/live';
import { openNow } from '../src/openNow';
import { Classroom, eventually, until } from './classroom';

/** JupyterLab's launcher, as far as it is one. */
class Launcher extends VDomRenderer {
  constructor() {
    super();
    this.addClass('jp-Launcher');
  }

  protected override render() {
    const folder = createElement('h3', {}, 'a folder');
    return createElement('div', { className: 'jp-Launcher-content' }, folder);
  }
}

const ADA = { username: 'ada', display_name: 'Ada', initials: 'A', color: 'red', avatar_url: null };

let classroom: Classroom;
let page: ILive;
let app: JupyterFrontEnd;
let launcher: Launcher;
let shell: { widgets(): Iterable<object>; layoutModified: Signal<object, void> };
let opened: string[];
let learn: () => void;
let here: Map<number, { user: typeof ADA }>;

beforeEach(async () => {
  classroom = await Classroom.start();
  app = classroom.app();
  Object.assign(app.serviceManager, {
    user: { identity: { username: 'me' } }
  });
  page = (await live.activate(app)) as ILive;
  launcher = new Launcher();
  const shown = [{ content: launcher }, { content: new Widget() }, {}];
  shell = { widgets: () => shown, layoutModified: new Signal({}) };
  opened = [];
  here = new Map([[1, { user: ADA }]]);
  const documents = {
    registry: { getFileTypesForPath: () => [] },
    openOrReveal: (path: string) => opened.push(path)
  } as unknown as IDocumentManager;
  const awareness: IAwareness = {
    getStates: () => here,
    on: (_, look) => {
      learn = look;
    }
  };
  const browser = { model: { driveName: 'RTC' } } as unknown as IDefaultFileBrowser;
  const windows = shell as unknown as ILabShell;
  openNow.activate(app, page, windows, documents, browser, awareness, null);
  Widget.attach(launcher, document.body);
  await until(() => launcher.node.querySelector('.classroom-Open'));
  await until(() => classroom.connected);
});

afterEach(async () => {
  classroom.refusal = 403;
  classroom.answer = () => ({ status: 403, body: '' });
  classroom.end(1003, '');
  await page.ended;
  await classroom.stop();
  launcher.dispose();
});

const buttons = () => [...launcher.node.querySelectorAll('button')];
const isHidden = () => launcher.node.querySelector('.classroom-Open.lm-mod-hidden') !== null;

function tell(...documents: { path: string; people: string[]; count?: number }[]): void {
  const counted = documents.map((one) => ({ count: one.people.length, ...one }));
  classroom.say({ type: 'open', documents: counted });
}

test('what others have open is listed first, by whom, and a click joins them', async () => {
  tell({ path: 'week-1/lesson.ipynb', people: ['ada', 'me', 'who'] });
  await eventually(() => expect(buttons()).toHaveLength(1));
  expect(isHidden()).toBe(false);
  const [button] = buttons();
  expect(button?.getAttribute('aria-label')).toBe('Open week-1/lesson.ipynb, with Ada, who');
  expect(button?.textContent).toBe('lesson.ipynbweek-1AW');
  button?.click();
  expect(opened).toEqual(['RTC:week-1/lesson.ipynb']);
  const place = launcher.node.querySelector('.jp-Launcher-content');
  expect(place?.firstElementChild?.className).toContain('classroom-Open');
});

test('nothing is shown while others have nothing open', async () => {
  expect(isHidden()).toBe(true);
  tell({ path: 'a.ipynb', people: ['ada'] });
  await eventually(() => expect(isHidden()).toBe(false));
  tell({ path: 'mine.ipynb', people: ['me'] });
  await eventually(() => expect(isHidden()).toBe(true));
  expect(buttons()).toEqual([]);
});

test('of a crowd it is said how many more there are', async () => {
  tell({ path: 'a.ipynb', people: ['ada'], count: 7 });
  await eventually(() => expect(buttons()).toHaveLength(1));
  expect(buttons()[0]?.textContent).toBe('a.ipynbA+6');
  expect(buttons()[0]?.title).toBe('Open a.ipynb, with Ada, 6 more');
});

test('whom the page gets to know has a face', async () => {
  tell({ path: 'a.ipynb', people: ['grace'] });
  await eventually(() => expect(buttons()).toHaveLength(1));
  here.set(2, { user: { ...ADA, username: 'grace', display_name: 'Grace H.', initials: 'GH' } });
  learn();
  await eventually(() => expect(buttons()[0]?.textContent).toBe('a.ipynbGH'));
});

test('a launcher that is opened later has the list, and one that is closed has it no more', async () => {
  tell({ path: 'a.ipynb', people: ['ada'] });
  await eventually(() => expect(buttons()).toHaveLength(1));
  const second = new Launcher();
  shell.widgets = () => [{ content: launcher }, { content: second }];
  shell.layoutModified.emit();
  shell.layoutModified.emit();
  Widget.attach(second, document.body);
  await eventually(() => expect(second.node.querySelectorAll('button')).toHaveLength(1));
  second.dispose();
  tell();
  await eventually(() => expect(isHidden()).toBe(true));
});
