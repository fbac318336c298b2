/** The page's own connection to the classroom, and what it hears by it. */

import { PageConfig } from '@jupyterlab/coreutils';
import { type ILive, live } from '../src/live';
import { Classroom, until } from './classroom';

let classroom: Classroom;
let connection: ILive;
let connected: number;
let lost: number;

beforeEach(async () => {
  classroom = await Classroom.start();
  connection = (await live.activate(classroom.app())) as ILive;
  connected = lost = 0;
  connection.connected.connect(() => {
    connected += 1;
  });
  connection.lost.connect(() => {
    lost += 1;
  });
});

afterEach(async () => {
  classroom.refusal = 403; // its pages give up
  classroom.answer = () => ({ status: 403, body: '' });
  classroom.end(1003, '');
  await connection.ended;
  await classroom.stop();
});

test('it hears what the classroom says, and remembers the last of each kind', async () => {
  const said: string[] = [];
  connection.said.connect((_, { type }) => said.push(type));
  await until(() => connected);
  classroom.say({ type: 'notice', text: 'first' });
  classroom.say({ type: 'warnings', warnings: [] });
  classroom.say({ type: 'notice', text: 'second' });
  await until(() => said.length === 3);
  expect(said).toEqual(['notice', 'warnings', 'notice']);
  expect(connection.latest.get('notice')).toEqual({ type: 'notice', text: 'second' });
});

test('it connects again to a lab that was started again', async () => {
  await until(() => connected);
  await classroom.stop();
  await until(() => lost > 1); // the lab isn't back at once
  expect(connected).toBe(1);
  await classroom.restart();
  await until(() => connected === 2);
  connection.send({ type: 'place', path: 'RTC:a.ipynb', cell: '', index: 0, line: 0 });
  await until(() => classroom.heard.length);
  expect(classroom.heard).toEqual([
    { type: 'place', path: 'RTC:a.ipynb', cell: '', index: 0, line: 0 }
  ]);
});

test('what is said while there is no connection is dropped', async () => {
  await until(() => connected);
  await classroom.stop();
  await until(() => lost);
  connection.send({ type: 'place', path: '', cell: '', index: 0, line: 0 });
  await classroom.restart();
  await until(() => connected === 2);
  expect(classroom.heard).toEqual([]);
});

test('it ends with the sentence of the classroom', async () => {
  await until(() => connected);
  classroom.end(1003, JSON.stringify({ errorReason: 'A tutor has ended your access.' }));
  expect(await connection.ended).toBe('A tutor has ended your access.');
  expect(lost).toBe(0);
});

test('it ends when the sign-in no longer holds, which a refused socket does not say', async () => {
  await until(() => connected);
  classroom.refusal = 403;
  classroom.answer = (path) => ({ status: path === '/api/me' ? 403 : 404, body: '{}' });
  classroom.end(1001, '');
  expect(await connection.ended).toBe('');
});

test('a refusal that has nothing to do with the person is no end', async () => {
  await until(() => connected);
  classroom.refusal = 502;
  classroom.answer = () => ({ status: 200, body: '{}' });
  classroom.end(1001, '');
  await until(() => lost > 1);
  classroom.refusal = 0;
  await until(() => connected === 2);
});

test('a personal lab has no classroom to connect to', async () => {
  PageConfig.setOption('classroomLive', '');
  const silent = (await live.activate(classroom.app())) as ILive;
  silent.send({ type: 'place', path: '', cell: '', index: 0, line: 0 });
  await until(() => connected);
  expect(classroom.connected).toBe(1);
});
