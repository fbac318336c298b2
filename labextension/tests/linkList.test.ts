/** Links to a lab: what the list says of each. */

import { described } from '../src/linkList';
import type { ILink } from '../src/sharesApi';
import { texts } from '../src/texts';

const words = texts(null);
const LINK: ILink = {
  id: '1 x',
  role: 'edit',
  since: 1_800_000_000,
  until: null,
  guests_until: null,
  used: 1,
  most: 10,
  came: ['ada'],
  alive: true
};

test('of how many it was used', () => {
  expect(described(words, LINK)).toBe('used 1 of 10');
  expect(described(words, { ...LINK, most: null })).toBe('used by 1 person');
  expect(described(words, { ...LINK, most: null, used: 2 })).toBe('used by 2 people');
});

test('until when, for newcomers and for its guests', () => {
  const said = described(words, { ...LINK, until: 1_800_000_000, guests_until: 1_900_000_000 });
  expect(said).toMatch(/^until .+ · used 1 of 10 · its guests until .+$/);
});

test('that it is dead', () => {
  const said = described(words, { ...LINK, alive: false, until: 1_800_000_000 });
  expect(said).toBe('lets nobody in any more · used 1 of 10');
});
