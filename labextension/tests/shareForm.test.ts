/** Until when a lab is shared: what the form's choices mean. */

import { secondsOf } from '../src/shareForm';

const NOW = new Date('2027-01-31T15:00').getTime();

test('an end is so many seconds from now, or there is none', () => {
  expect(secondsOf('never', '', NOW)).toBeNull();
  expect(secondsOf('3600', '2020-01-01', NOW)).toBe(3600);
});

test('a date is the end of that day, where the page is', () => {
  expect(secondsOf('date', '2027-01-31', NOW)).toBe(9 * 3600);
  expect(secondsOf('date', '2027-02-01', NOW)).toBe(33 * 3600);
  expect(secondsOf('date', '2027-01-30', NOW)).toBeLessThan(0);
  expect(secondsOf('date', 'no date', NOW)).toBeNaN();
});
