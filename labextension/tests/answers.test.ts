/** What a page asks the server for while it loads. */

import { gzipSync } from 'node:zlib';
import { Answers, named } from '../src/answers';

const BASE = 'https://lab.example/services/classroom/';

/** A server that counts, and a page at a time that the test sets. */
function page(given: Record<string, string> = {}) {
  const asked: string[] = [];
  const state = { now: 0, status: 200 };
  const ask: typeof fetch = async (input, init) => {
    asked.push(`${init?.method ?? 'GET'} ${String(input).replace(BASE, '')}`);
    return new Response(String(asked.length), { status: state.status });
  };
  const answers = new Answers(ask, BASE, given, () => state.now);
  const get = async (what: string, init?: RequestInit) =>
    (await answers.fetch(BASE + what, init)).text();
  return { asked, state, get, answers };
}

test('an address is named without the number that makes it new', () => {
  expect(named(`${BASE}api/contents/?content=1&hash=0&1700000000000`, BASE)).toBe(
    'api/contents?content=1&hash=0'
  );
  expect(named(`${BASE}api/me?1700000000000`, BASE)).toBe('api/me');
  expect(named('https://lab.example/hub/api/me', BASE)).toBeNull();
});

test('what came with the page is not asked for; what changes only the first time', async () => {
  const { asked, get } = page({ 'api/me': '"me"', 'api/sessions': '[]' });
  expect(await Promise.all([get('api/me?1'), get('api/me?2')])).toEqual(['"me"', '"me"']);
  expect([await get('api/sessions?3'), await get('api/sessions?4')]).toEqual(['[]', '1']);
  expect(asked).toEqual(['GET api/sessions?4']);
});

test('a document’s answers are good for all parts of the page that ask soon after', async () => {
  const there = 'api/contents/a%20b.ipynb?content=0&hash=0';
  const { asked, state, get } = page({ [there]: '"there"' });
  expect([await get(`${there}&1`), await get(`${there}&2`)]).toEqual(['"there"', '"there"']);
  state.now = 3_001;
  expect(await get(`${there}&3`)).toBe('1');
  expect(asked).toHaveLength(1);
});

test('after a change a document’s answers are not good any more', async () => {
  const there = 'api/contents/a.ipynb?content=0&hash=0';
  const { get } = page({ [there]: '"there"' });
  await get('api/contents/a.ipynb', { method: 'PATCH' });
  expect(await get(there)).toBe('2');
});

test('a document’s room is entered without asking, once and in the form that it has', async () => {
  const place = 'api/collaboration/session/a.ipynb';
  const room = '{"format":"json","type":"notebook","fileId":"f","sessionId":"s"}';
  const put = (type: string) => ({
    method: 'PUT',
    body: JSON.stringify({ format: 'json', type })
  });
  const { get } = page({ [`PUT ${place}`]: room });
  expect(await get(place, put('notebook'))).toBe(room);
  expect(await get(place, put('notebook'))).toBe('1');
  expect(await page({ [`PUT ${place}`]: room }).get(place, put('file'))).toBe('1');
});

test('a large answer comes compressed with the page, for everybody who asks', async () => {
  const words = JSON.stringify({ data: { classroom: { Chat: ['Ä „Chat“ '.repeat(9_000)] } } });
  const packed = { 'lab/api/translations/default': gzipSync(words).toString('base64') };
  const ask: typeof fetch = () => Promise.reject(new Error('asked'));
  const answers = new Answers(ask, BASE, {}, () => 0, packed);
  for (const number of [1, 2]) {
    const answer = await answers.fetch(`${BASE}lab/api/translations/default?${number}`);
    expect(answer.headers.get('Content-Type')).toBe('application/json');
    expect(await answer.text()).toBe(words);
  }
});

test('who asks for the same in the same moment shares the answer', async () => {
  const { asked, state, get } = page();
  const listing = 'api/contents?content=1&hash=0';
  expect(await Promise.all([get(`${listing}&1`), get(`${listing}&2`)])).toEqual(['1', '1']);
  state.now = 2_999;
  expect(await get(`${listing}&3`)).toBe('1');
  expect(await get('api/contents/a.ipynb?content=0&hash=0&4')).toBe('2');
  state.now = 3_001;
  expect(await get(`${listing}&5`)).toBe('3');
  expect(asked).toHaveLength(3);
});

test('news of something makes the next answer one of now', async () => {
  const { answers, get } = page({ 'api/kernels': '[]' });
  expect([await get('api/terminals'), await get('api/terminals')]).toEqual(['1', '1']);
  answers.renew('api/terminals');
  answers.renew('api/kernels');
  expect([await get('api/terminals'), await get('api/kernels')]).toEqual(['2', '3']);
});

test('after a change everything is asked for again, but not after what a page writes itself', async () => {
  const { asked, get } = page({
    'api/sessions': '[]',
    'api/me': '{}',
    'lab/api/settings/a:b': '"before"'
  });
  expect(await get('api/contents')).toBe('1');
  await get('lab/api/workspaces/default', { method: 'PUT' });
  expect(await get('api/contents')).toBe('1');
  await get('api/contents/a.ipynb', { method: 'DELETE' });
  expect(await get('api/contents')).toBe('4');
  expect(await get('api/sessions')).toBe('5');
  expect(await get('lab/api/settings/a:b')).toBe('6');
  expect(await get('api/me')).toBe('{}');
  expect(asked).toHaveLength(6);
});

test('a failure is nobody else’s answer', async () => {
  const { asked, state, get } = page();
  state.status = 503;
  const first = get('api/contents');
  const second = get('api/contents');
  await first;
  state.status = 200;
  expect(await second).not.toBe('1');
  expect(await get('api/contents')).not.toBe('1');
  expect(asked.length).toBeGreaterThan(1);
});

test('what people ask for by a button is asked for each time', async () => {
  const { get } = page();
  const table = 'classroom/api/assignments/ps1';
  expect([await get(`${table}?1`), await get(`${table}?2`)]).toEqual(['1', '2']);
});

test('a page that has loaded asks as it always does', async () => {
  const { asked, state, get } = page({ 'api/me': '{}' });
  state.now = 30_000;
  await Promise.all([get('api/me'), get('api/me')]);
  expect(asked).toHaveLength(2);
});

test('nothing of another origin is answered here', async () => {
  const { asked, answers } = page({ 'api/me': '{}' });
  await answers.fetch('https://elsewhere.example/services/classroom/api/me');
  expect(asked).toEqual(['GET https://elsewhere.example/services/classroom/api/me']);
});
