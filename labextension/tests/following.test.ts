/** Following a tutor: whom, where to, and when no more. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification, ToolbarWidgetRegistry } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';

import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { following } from '../src/following';
import { travel } from '../src/labs';
import { type ILive, live } from '../src/live';
import type { ILocation, ILocations } from '../src/locations';
import type { IPreferences } from '../src/preferences';
import { WAITS_SECONDS } from '../src/searching';
import { type IStanding, standing } from '../src/standing';
import { texts } from '../src/texts';
import { ON } from '../src/topBar';
import { Classroom, eventually, until } from './classroom';

const FOLLOW = 'classroom:follow';
const ASK = 'classroom:ask-to-follow';
const WORDS = texts(null);

/** The page's windows: where it went, and whether it was led there. */
class Windows implements ILocations {
  readonly current: ILocation = { path: '', cell: '', index: 0, line: 0 };
  readonly shown: string[] = [];
  unmarked = 0;

  async show({ path, cell }: ILocation, led: boolean): Promise<void> {
    this.shown.push(`${path} ${cell}${led ? '' : ' by themselves'}`);
  }

  unmark(): void {
    this.unmarked += 1;
  }
}

let classroom: Classroom;
let page: ILive;
let app: JupyterFrontEnd;
let person: IStanding;
let windows: Windows;
let toolbars: ToolbarWidgetRegistry;
let set: { -readonly [name in keyof IPreferences]: IPreferences[name] };

beforeEach(async () => {
  classroom = await Classroom.start();
  app = classroom.app();
  page = (await live.activate(app)) as ILive;
  person = (await standing.activate(app, page)) as IStanding;
  windows = new Windows();
  toolbars = new ToolbarWidgetRegistry({ defaultFactory: () => new Widget() });
  set = { showWhoRan: true, followWhenAsked: true } as IPreferences;
  Object.assign(set, { changed: new Signal(set) });
  await following.activate(app, page, windows, person, set, toolbars, null, null);
  await until(() => classroom.connected);
});

afterEach(async () => {
  classroom.refusal = 403;
  classroom.answer = () => ({ status: 403, body: '' });
  classroom.end(1003, '');
  await page.ended;
  await classroom.stop();
  Notification.dismiss();
});

function tutor(name: string, cell: string, path = 'RTC:lesson.ipynb') {
  const who = { username: name, initials: name.slice(0, 1), avatar_url: null, color: null };
  return { ...who, name, display_name: name.toUpperCase(), path, cell, index: 0, line: 0 };
}

/** Have the classroom say where the tutors are, and wait until the page knows. */
async function lead(leaders: object[], asking = '', asked = 0): Promise<void> {
  const message = { type: 'leading', leaders, asking, asked };
  classroom.say(message);
  await until(() => JSON.stringify(page.latest.get('leading')) === JSON.stringify(message));
}

async function appoint(): Promise<void> {
  const none = { viewOnly: false, driver: '', outdated: [], people: {} };
  classroom.say({ type: 'driving', tutor: true, ...none });
  await until(() => person.tutor);
}

test('there is nobody to follow while no tutor is there', async () => {
  expect(app.commands.isVisible(FOLLOW)).toBe(false);
  expect(app.commands.isEnabled(FOLLOW)).toBe(false);
  await lead([tutor('mona', '1')]);
  expect(app.commands.isVisible(FOLLOW)).toBe(true);
  expect(app.commands.label(FOLLOW)).toBe(WORDS.follow('MONA'));
  expect(windows.shown).toEqual([]);
});

test('who follows goes where the tutor goes, once for each place', async () => {
  await lead([tutor('mona', '1')]);
  await app.commands.execute(FOLLOW);
  await lead([tutor('mona', '2')]);
  await lead([tutor('mona', '2'), tutor('other', '9')]);
  await lead([tutor('mona', '')]);
  await until(() => windows.shown.length === 3);
  expect(windows.shown).toEqual(['RTC:lesson.ipynb 1', 'RTC:lesson.ipynb 2', 'RTC:lesson.ipynb ']);
  expect(app.commands.className(FOLLOW)).toBe(ON);
  expect(app.commands.label(FOLLOW)).toBe(WORDS.following('MONA'));
});

test('who steps out stays where they are', async () => {
  await lead([tutor('mona', '1')]);
  await app.commands.execute(FOLLOW);
  await until(() => windows.shown.length);
  await app.commands.execute(FOLLOW);
  expect(windows.unmarked).toBe(1);
  await lead([tutor('mona', '2')]);
  expect(app.commands.className(FOLLOW)).toBe('');
  expect(windows.shown).toHaveLength(1);
});

test('a tutor who looks at no document leads nowhere', async () => {
  await lead([tutor('mona', '', '')]);
  await app.commands.execute(FOLLOW);
  await lead([tutor('mona', '5')]);
  await until(() => windows.shown.length);
  expect(windows.shown).toEqual(['RTC:lesson.ipynb 5']);
});

test('with several tutors a menu asks whom to follow', async () => {
  const button = toolbars.createWidget('TopBar', new Widget(), { name: 'classroom-follow' });
  Widget.attach(button, document.body);
  await lead([tutor('mona', '1'), tutor('otto', '7')]);
  await until(() => button.node.textContent === WORDS.followTutor);
  await app.commands.execute(FOLLOW);
  await until(() => document.querySelectorAll('.lm-Menu-item').length === 2);
  const items = [...document.querySelectorAll('.lm-Menu-item')].map((one) => one.textContent);
  expect(items).toEqual([WORDS.follow('MONA'), WORDS.follow('OTTO')]);
  await app.commands.execute(FOLLOW, { name: 'otto' });
  await until(() => windows.shown.length);
  expect(windows.shown).toEqual(['RTC:lesson.ipynb 7']);
  const shown = button.node.querySelector('jp-button');
  await until(() => shown?.classList.contains(ON));
  expect(shown?.textContent).toBe(WORDS.following('OTTO'));
  expect(shown?.hasAttribute('aria-pressed')).toBe(false);
  button.dispose();
});

test('who is asked follows at once, reads why, and is left alone at the end of it', async () => {
  await lead([tutor('mona', '1')], 'mona', 1);
  await until(() => windows.shown.length);
  const [notice] = Notification.manager.notifications;
  expect(notice?.message).toBe(WORDS.askedToFollow('MONA'));
  await lead([tutor('mona', '1')], '', 2);
  expect(app.commands.className(FOLLOW)).toBe('');
  await lead([tutor('mona', '2')], '', 2);
  expect(windows.shown).toHaveLength(1);
});

test('who has set it so reads that a tutor asks, and stays where they are', async () => {
  set.followWhenAsked = false;
  await lead([tutor('mona', '1')], 'mona', 1);
  await lead([tutor('mona', '2')], 'mona', 1);
  const [notice] = Notification.manager.notifications;
  expect(notice?.message).toBe(WORDS.mayFollow('MONA'));
  expect(app.commands.className(FOLLOW)).toBe('');
  expect(windows.shown).toEqual([]);
});

test('who has stepped out is not taken along by what the tutor does next', async () => {
  await lead([tutor('mona', '1')], 'mona', 1);
  await app.commands.execute(FOLLOW);
  await lead([tutor('mona', '2')], 'mona', 1);
  expect(app.commands.className(FOLLOW)).toBe('');
  await lead([tutor('mona', '3')], 'mona', 3); // asked once more
  expect(app.commands.className(FOLLOW)).toBe(ON);
});

test('who follows another tutor goes on when somebody else no longer asks', async () => {
  await lead([tutor('mona', '1'), tutor('otto', '7')], 'mona', 1);
  await app.commands.execute(FOLLOW, { name: 'otto' });
  await lead([tutor('mona', '1'), tutor('otto', '8')], '', 2);
  expect(app.commands.label(FOLLOW)).toBe(WORDS.following('OTTO'));
});

test('a tutor asks all to follow, and no more', async () => {
  const asked: string[] = [];
  classroom.answer = (path, { method }, body) => {
    asked.push(`${method} ${path} ${body}`);
    return { body: '{}' };
  };
  expect(app.commands.isVisible(ASK)).toBe(false);
  await appoint();
  expect(app.commands.isVisible(FOLLOW)).toBe(false);
  expect(app.commands.label(ASK)).toBe(WORDS.askToFollow);
  await app.commands.execute(ASK);
  await lead([tutor('mona', '1')], 'mona', 1);
  expect(app.commands.label(ASK)).toBe(WORDS.allFollow('MONA'));
  expect(app.commands.className(ASK)).toBe(ON);
  expect(windows.shown).toEqual([]); // a tutor is led nowhere
  await app.commands.execute(ASK);
  expect(asked).toEqual([
    'PUT /classroom/api/following {"follow":true}',
    'PUT /classroom/api/following {"follow":false}'
  ]);
});

test('a tutor reads it when the students could not be asked', async () => {
  classroom.answer = () => ({ status: 500, body: '{"message": "The lab is stopping."}' });
  await appoint();
  await app.commands.execute(ASK);
  const [notice] = Notification.manager.notifications;
  expect(notice?.message).toContain(WORDS.notAsked);
  expect(notice?.message).toContain('The lab is stopping.');
});

describe('a tutor who goes to another lab', () => {
  const went: string[] = [];
  let labs: object[];

  beforeEach(() => {
    went.length = 0;
    labs = [];
    travel.to = (address) => went.push(address);
    PageConfig.setOption('classroomLabs', 'classroom/api/labs');
    PageConfig.setOption('baseUrl', '/services/classroom/');
    classroom.answer = () => ({ body: JSON.stringify({ labs }) });
  });

  afterEach(() => PageConfig.setOption('classroomLabs', ''));

  const theirs = { kind: 'personal', name: 'ada', own: false, running: true };
  const at = (address: string, ...names: string[]) => ({
    ...theirs,
    address,
    people: names.map((name) => ({ name }))
  });
  const said = () => Notification.manager.notifications.map(({ message }) => message);

  test('is followed there by one click, and by none nowhere', async () => {
    await lead([tutor('mona', '1')]);
    await app.commands.execute(FOLLOW);
    labs = [at('/services/classroom/lab', 'mona'), at('/user/ada/lab', 'ada', 'mona')];
    await lead([]);
    await eventually(() => expect(said()).toEqual([WORDS.hasGone('MONA', WORDS.labOf('ada'))]));
    expect(went).toEqual([]);
    Notification.manager.notifications[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
    expect(went).toEqual(['/user/ada/lab?follow=mona']);
    // Who has come back is where everybody sees them.
    await lead([tutor('mona', '2')]);
    await eventually(() => expect(said()).toEqual([]));
  });

  test('that one may not enter is not named', async () => {
    const waits = [...WAITS_SECONDS];
    WAITS_SECONDS.fill(0.05);
    try {
      await lead([tutor('mona', '1')]);
      await app.commands.execute(FOLLOW);
      labs = [at('/services/classroom/lab')];
      await lead([]);
      await eventually(() => expect(said()).toEqual([WORDS.goneElsewhere('MONA')]));
    } finally {
      Object.assign(WAITS_SECONDS, waits);
    }
  });

  test('is not looked for by those who follow nobody', async () => {
    let asked = 0;
    classroom.answer = () => {
      asked += 1;
      return { body: JSON.stringify({ labs }) };
    };
    await lead([tutor('mona', '1')]);
    await lead([]);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(asked).toBe(0);
    expect(said()).toEqual([]);
  });
});

test('who comes by a click to follow somebody follows them, if it is a tutor who is here', async () => {
  window.history.replaceState(null, '', '?follow=mona');
  try {
    const second = new Windows();
    const other = classroom.app();
    await following.activate(other, page, second, person, set, toolbars, null, null);
    await lead([tutor('other', '1')]);
    expect(second.shown).toEqual([]);
    await lead([tutor('other', '1'), tutor('mona', '7')]);
    await until(() => second.shown.length);
    expect(second.shown).toEqual(['RTC:lesson.ipynb 7']);
  } finally {
    window.history.replaceState(null, '', '?');
  }
});
