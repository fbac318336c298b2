/** The menu of labs that one may enter. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import type { IMainMenu } from '@jupyterlab/mainmenu';
import type { MenuSvg } from '@jupyterlab/ui-components';
import { addressOf, type ILab, travel } from '../src/labs';
import { labsMenu, ordered, SLOTS } from '../src/labsMenu';
import { type ILive, live } from '../src/live';
import { Classroom, eventually, until } from './classroom';

const LABS = '/classroom/api/labs';

function lab(name: string, people: string[] = [], more: Partial<ILab> = {}): ILab {
  const address = name ? `/user/${name}/lab` : '/services/classroom/lab';
  const kind = name ? 'personal' : 'class';
  const known = people.map((name) => ({ name }));
  return { kind, name, address, own: false, running: true, people: known, ...more };
}

let classroom: Classroom;
let page: ILive;
let app: JupyterFrontEnd;
let menus: MenuSvg[];
let went: string[];
let asked: number;
let labs: ILab[] | null;

beforeEach(async () => {
  classroom = await Classroom.start();
  asked = 0;
  labs = [];
  classroom.answer = (path) => {
    asked += path === LABS ? 1 : 0;
    return labs
      ? { body: JSON.stringify({ labs }) }
      : { status: 503, body: JSON.stringify({ message: 'The Hub is away.' }) };
  };
  app = classroom.app();
  page = (await live.activate(app)) as ILive;
  menus = [];
  went = [];
  travel.to = (address) => went.push(address);
  PageConfig.setOption('classroomLabs', 'classroom/api/labs');
  PageConfig.setOption('baseUrl', '/services/classroom/');
  PageConfig.setOption('hubPrefix', '/hub/');
});

afterEach(async () => {
  for (const menu of menus) {
    menu.dispose();
  }
  classroom.refusal = 403;
  classroom.answer = () => ({ status: 403, body: '' });
  classroom.end(1003, '');
  await page.ended;
  await classroom.stop();
});

async function activate(): Promise<MenuSvg | undefined> {
  const bar = { addMenu: (menu: MenuSvg) => menus.push(menu) } as unknown as IMainMenu;
  await labsMenu.activate(app, page, bar, null);
  await until(() => classroom.connected);
  return menus[0];
}

/** Open the menu, and read what is in it. */
function shown(menu: MenuSvg | undefined): string[] {
  const found = menu?.node.querySelectorAll('.lm-Menu-item:not(.lm-mod-hidden)') ?? [];
  return [...found].map((item) => item.querySelector('.lm-Menu-itemLabel')?.textContent ?? '');
}

test('it lists the labs with who is in each, asked for when it is opened', async () => {
  const menu = await activate();
  labs = [
    lab('', ['mona', 'a', 'b', 'c', 'd', 'e']),
    lab('me', [], { own: true, running: false }),
    lab('ada', ['ada'])
  ];
  expect(asked).toBe(0);
  menu?.open(0, 0);
  await eventually(() =>
    expect(shown(menu)).toEqual([
      'Classroom: mona, a, b, c, 2 more',
      'Your lab: not running',
      'Lab of ada: ada',
      '',
      'All labs …'
    ])
  );
  expect(menu?.isAttached).toBe(true);
  expect(asked).toBe(1);
  expect(menu?.node.querySelectorAll('.lm-mod-toggled')).toHaveLength(1);
});

test('a click goes there, and nowhere where one is already', async () => {
  const menu = await activate();
  labs = [lab(''), lab('ada', ['ada'])];
  menu?.open(0, 0);
  await eventually(() => expect(shown(menu)).toHaveLength(4));
  await app.commands.execute('classroom:go-to-lab', { slot: 0 });
  expect(went).toEqual([]);
  await app.commands.execute('classroom:go-to-lab', { slot: 1 });
  await app.commands.execute('classroom:all-labs');
  expect(went).toEqual(['/user/ada/lab', '/hub/home']);
});

test('it says so when the labs cannot be listed, and asks again', async () => {
  const menu = await activate();
  labs = null;
  menu?.open(0, 0);
  await eventually(() => expect(shown(menu)[0]).toContain('The Hub is away.'));
  menu?.close();
  labs = [lab('')];
  menu?.open(0, 0);
  await eventually(() => expect(shown(menu)[0]).toBe('Classroom: nobody'));
});

test('where there is one lab there is no such menu', async () => {
  PageConfig.setOption('classroomLabs', '');
  expect(await activate()).toBeUndefined();
});

test('it comes with the first lab besides the class, and goes with the last', async () => {
  PageConfig.setOption('classroomLabs', '');
  await activate();
  expect(menus).toHaveLength(0);
  classroom.say({ type: 'labs', several: true });
  await eventually(() => expect(menus).toHaveLength(1));
  classroom.say({ type: 'labs', several: true });
  labs = [lab('')];
  menus[0]?.open(0, 0);
  await eventually(() => expect(shown(menus[0])).toEqual(['Classroom: nobody', '', 'All labs …']));
  classroom.say({ type: 'labs', several: false });
  await eventually(() => expect(menus[0]?.isDisposed).toBe(true));
  expect(menus).toHaveLength(1);
});

test('those in which people are come before others, and there are no more than fit', async () => {
  const many = Array.from({ length: SLOTS + 5 }, (_, number) => lab(`p${number}`));
  const found = ordered([...many, lab('zoe', ['zoe']), lab('me', [], { own: true }), lab('')]);
  expect(found.slice(0, 3).map(({ name }) => name)).toEqual(['', 'me', 'zoe']);
  const menu = await activate();
  labs = found;
  menu?.open(0, 0);
  await eventually(() => expect(shown(menu)).toHaveLength(SLOTS + 2));
});

test('an address names a document, and whom to follow there', () => {
  expect(addressOf(lab('ada'), 'week 1/a?.ipynb')).toBe('/user/ada/lab/tree/week%201/a%3F.ipynb');
  expect(addressOf(lab('ada'), '', 'mona')).toBe('/user/ada/lab?follow=mona');
});
