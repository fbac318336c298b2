/** What a person reads while there is no connection to the lab. */

import { Notification } from '@jupyterlab/apputils';
import { connection } from '../src/connection';
import { type ILive, live } from '../src/live';
import { texts } from '../src/texts';
import { Classroom, until } from './classroom';

const WORDS = texts(null);

let classroom: Classroom;
let page: ILive;
let connected: number;
/** All that was ever shown, in its order. */
let shown: string[];

const note = () => {
  const [newest] = Notification.manager.notifications;
  if (newest && shown.at(-1) !== newest.message) {
    shown.push(newest.message);
  }
};

beforeEach(async () => {
  shown = [];
  connected = 0;
  Notification.manager.changed.connect(note);
  classroom = await Classroom.start();
  const app = classroom.app();
  page = (await live.activate(app)) as ILive;
  await connection.activate(app, page, null);
  page.connected.connect(() => {
    connected += 1;
  });
  await until(() => connected);
});

afterEach(async () => {
  classroom.refusal = 403;
  classroom.answer = () => ({ status: 403, body: '' });
  classroom.end(1003, '');
  await page.ended;
  await classroom.stop();
  Notification.manager.changed.disconnect(note);
  Notification.dismiss();
});

test('an interruption of a moment is not spoken of', async () => {
  classroom.end(1001, '');
  await until(() => connected === 2);
  expect(shown).toEqual([]);
});

test('it says that the connection is lost, and in the same place that it is back', async () => {
  await classroom.stop();
  await until(() => shown.length);
  expect(shown).toEqual([WORDS.connectionLost]);
  await classroom.restart();
  await until(() => connected === 2);
  expect(shown).toEqual([WORDS.connectionLost, WORDS.connectionBack]);
  expect(Notification.manager.count).toBe(1);
});

test('whose access has ended reads nothing of the connection', async () => {
  await classroom.stop();
  await until(() => shown.length);
  classroom.refusal = 403;
  classroom.answer = () => ({ status: 403, body: '' });
  await classroom.restart();
  await page.ended;
  await until(() => Notification.manager.count === 0);
});
