/** What a page asks again and again. */

import { Polled } from '../src/polled';

const BASE = 'https://lab.example/services/classroom/';
const USAGE = `${BASE}api/metrics/v1?1700000000000`;
const LAYOUTS = `${BASE}lab/api/workspaces?1700000000000`;

/** A server that counts, and a clock that the test sets. */
function page() {
  const asked: string[] = [];
  const state = { now: 0, status: 200 };
  const ask: typeof fetch = async (input, init) => {
    asked.push(`${init?.method ?? 'GET'} ${String(input).replace(BASE, '').replace(/\?.*/, '')}`);
    return new Response(String(asked.length), { status: state.status });
  };
  const polled = new Polled(ask, BASE, () => state.now);
  const get = async (what: string, init?: RequestInit) => (await polled.fetch(what, init)).text();
  return { asked, state, get, polled };
}

test('what the container uses is what was told, while it is told', async () => {
  const { asked, state, get, polled } = page();
  expect(await get(USAGE)).toBe('1');
  polled.use({ rss: 7 });
  expect(await get(USAGE)).toBe('{"rss":7}');
  state.now = 15_000; // nothing was told any more
  expect(await get(USAGE)).toBe('2');
  expect(asked).toEqual(['GET api/metrics/v1', 'GET api/metrics/v1']);
});

test('layouts are asked for once a minute, and after the page has written one', async () => {
  const { state, get } = page();
  expect([await get(LAYOUTS), await get(LAYOUTS)]).toEqual(['1', '1']);
  state.now = 60_000;
  expect(await get(LAYOUTS)).toBe('2');
  await get(`${BASE}lab/api/workspaces/default`, { method: 'PUT' });
  expect(await get(LAYOUTS)).toBe('4');
});

test('layouts that were asked for before a write are not kept', async () => {
  const { get } = page();
  const before = get(LAYOUTS);
  const write = get(new URL('lab/api/workspaces/default', BASE).href, { method: 'PUT' });
  await Promise.all([before, write]);
  expect(await get(LAYOUTS)).toBe('3');
});

test('a failure is not kept', async () => {
  const { state, get } = page();
  state.status = 503;
  await get(LAYOUTS);
  expect(await get(LAYOUTS)).toBe('2');
});

test('all else goes to the server', async () => {
  const { asked, get } = page();
  for (const what of ['api/contents?content=1', 'lab/api/workspaces/default', 'api/kernels']) {
    await get(BASE + what);
    await get(BASE + what);
  }
  await get('https://elsewhere.example/api/metrics/v1');
  expect(asked).toHaveLength(7);
});

test('a page is starting something until a moment after it was answered', async () => {
  const { state, get, polled } = page();
  expect(polled.isStarting).toBe(false);
  const start = get(`${BASE}api/sessions?1`, { method: 'POST' });
  expect(polled.isStarting).toBe(true);
  await start;
  state.now = 1_999;
  expect(polled.isStarting).toBe(true);
  state.now = 2_000;
  expect(polled.isStarting).toBe(false);
});
