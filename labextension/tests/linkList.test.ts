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
  expect(described(words, LINK)).toEqual(['used 1 of 10', 'Came by it: ada']);
  expect(described(words, { ...LINK, most: null })).toContain('used by 1 person');
  expect(described(words, { ...LINK, most: null, used: 2 })).toContain('used by 2 people');
  expect(described(words, { ...LINK, used: 0, came: [] })).toEqual(['used 0 of 10']);
});

test('until when, for newcomers and for its guests', () => {
  const said = described(words, { ...LINK, until: 1_800_000_000, guests_until: 1_900_000_000 });
  const all = /^until .+\nused 1 of 10\nits guests until .+\nCame by it: ada$/;
  expect(said.join('\n')).toMatch(all);
});

test('that it is dead', () => {
  const said = described(words, { ...LINK, alive: false, until: 1_800_000_000 });
  expect(said).toEqual(['lets nobody in any more', 'used 1 of 10', 'Came by it: ada']);
});
