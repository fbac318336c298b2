/** What is running, as the classroom says. */

import { PageConfig } from '@jupyterlab/coreutils';
import {
  KernelManager,
  ServerConnection,
  SessionManager,
  TerminalManager
} from '@jupyterlab/services';
import { type ILive, live } from '../src/live';
import { running as activated, type IManager, Running } from '../src/running';
import { Classroom, until } from './classroom';

const KINDS = ['kernels', 'sessions', 'terminals'] as const;
type Kind = (typeof KINDS)[number];

let asked: Kind[];
let renewed: Kind[];
let page: { hidden: boolean };
let managers: Record<Kind, IManager>;
let running: Running;
let isStarting: boolean;

function say(kernels: number, sessions = 0, terminals = 0): void {
  running.hear({ type: 'running', kernels, sessions, terminals });
}

beforeEach(() => {
  jest.useFakeTimers();
  asked = [];
  renewed = [];
  page = { hidden: false };
  const manager = (kind: Kind): IManager => ({
    refreshRunning: async () => {
      asked.push(kind);
    },
    _pollModels: { frequency: { interval: 10_000, backoff: true, max: 300_000 } }
  });
  managers = {
    kernels: manager('kernels'),
    sessions: manager('sessions'),
    terminals: manager('terminals')
  };
  isStarting = false;
  running = new Running(
    managers,
    page,
    () => isStarting,
    () => 0.5,
    (kind) => renewed.push(kind)
  );
});

afterEach(() => jest.useRealTimers());

test('a page asks for what has changed, within a moment', () => {
  say(1, 1, 1);
  say(1, 2, 1);
  expect(asked).toEqual([]);
  jest.advanceTimersByTime(3_000);
  expect(asked).toEqual(['sessions']);
  expect(renewed).toEqual(['sessions']);
});

test('it asks no more often than JupyterLab would, and for the last that was said', () => {
  say(1);
  for (let count = 2; count < 30; count += 1) {
    say(count);
    jest.advanceTimersByTime(1_000);
  }
  expect(asked.length).toBeGreaterThan(1);
  expect(asked.length).toBeLessThan(4);
  const before = asked.length;
  jest.advanceTimersByTime(20_000);
  expect(asked).toHaveLength(before + 1);
});

test('it asks for nothing while it starts or ends something itself', () => {
  say(1);
  isStarting = true;
  say(2);
  jest.advanceTimersByTime(30_000);
  expect(asked).toEqual([]);
  isStarting = false;
  jest.advanceTimersByTime(4_000);
  expect(asked).toEqual(['kernels']);
});

test('a page that nobody looks at asks when somebody does', () => {
  say(1);
  page.hidden = true;
  say(2);
  jest.advanceTimersByTime(3_000);
  expect(asked).toEqual([]);
  running.see();
  expect(asked).toEqual([]);
  page.hidden = false;
  running.see();
  running.see();
  expect(asked).toEqual(['kernels']);
});

test('after a time without connection it asks for all, and counts anew', () => {
  say(5, 5, 5);
  running.miss();
  say(1, 1, 1); // of a lab that was started again
  jest.advanceTimersByTime(3_000);
  expect(asked).toEqual(['kernels', 'sessions', 'terminals']);
});

test('polls are slow while the classroom tells, and as they were without', () => {
  running.slow(true);
  const frequency = managers.kernels._pollModels?.frequency;
  expect(frequency).toEqual({ interval: 60_000, backoff: true, max: 300_000 });
  running.slow(false);
  expect(managers.terminals._pollModels?.frequency.interval).toBe(10_000);
});

describe('a page that loads', () => {
  let classroom: Classroom;
  let connection: ILive;
  let plugin: () => void;

  beforeEach(async () => {
    jest.useRealTimers();
    classroom = await Classroom.start();
    const app = classroom.app();
    Object.assign(app.serviceManager, managers);
    connection = (await live.activate(app)) as ILive;
    plugin = () => activated.activate(app, connection);
  });

  afterEach(async () => {
    PageConfig.setOption('classroomRunning', '');
    classroom.refusal = 403; // its pages give up
    classroom.answer = () => ({ status: 403, body: '' });
    classroom.end(1003, '');
    await connection.ended;
    await classroom.stop();
  });

  const interval = () => managers.kernels._pollModels?.frequency.interval;

  test('asks for what has changed since it was made', async () => {
    PageConfig.setOption('classroomRunning', '{"kernels": 1, "sessions": 1, "terminals": 1}');
    plugin();
    await until(() => connection.isConnected);
    classroom.say({ type: 'running', kernels: 1, sessions: 2, terminals: 1 });
    await until(() => asked.length);
    expect(asked).toEqual(['sessions']);
  });

  test('is as sparing when it was connected before it began to follow', async () => {
    PageConfig.setOption('classroomRunning', '{"kernels": 1, "sessions": 1, "terminals": 1}');
    await until(() => connection.isConnected);
    classroom.say({ type: 'running', kernels: 1, sessions: 1, terminals: 2 });
    await until(() => connection.latest.has('running'));
    plugin();
    expect(interval()).toBe(60_000);
    await until(() => asked.length);
    expect(asked).toEqual(['terminals']);
  });

  test('asks as usual until it is connected', async () => {
    await classroom.stop();
    plugin();
    expect(interval()).toBe(10_000);
    await classroom.restart();
    await until(() => connection.isConnected);
    expect(interval()).toBe(60_000);
  });
});

test('JupyterLab’s managers have the polls that are slowed down', () => {
  PageConfig.setOption('terminalsAvailable', 'true');
  // Nobody answers: a test's end must not meet an answer that is still to come.
  const fetch = () => new Promise<Response>(() => undefined);
  const serverSettings = ServerConnection.makeSettings({ fetch });
  const kernelManager = new KernelManager({ serverSettings });
  const made = {
    kernels: kernelManager,
    sessions: new SessionManager({ kernelManager, serverSettings }),
    terminals: new TerminalManager({ serverSettings })
  };
  new Running(made as unknown as Record<Kind, IManager>, page).slow(true);
  for (const manager of Object.values(made)) {
    expect((manager as unknown as IManager)._pollModels?.frequency.interval).toBe(60_000);
  }
});
