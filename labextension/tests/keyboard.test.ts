/** Whose doing it was that a frame has the keyboard. */

import { distance, type ISeen, isTheirs } from '../src/keyboard';

/** Somebody types in the page, the pointer far from the frame. */
const TYPING: ISeen = {
  isActive: true,
  sinceInput: 100,
  travelled: 0,
  distance: 500,
  hasTabbed: false,
  isOfFrame: false,
  isSuspect: false
};

test.each<[string, Partial<ISeen>]>([
  ['somebody has tabbed into it', { hasTabbed: true }],
  ['they have acted, and not in the page for long', { sinceInput: 6000 }],
  ['they have moved the pointer to it', { travelled: 12, distance: 250 }]
])('a frame has the keyboard rightly: %s', (_, seen) => {
  expect(isTheirs({ ...TYPING, ...seen })).toBe(true);
});

test.each<[string, Partial<ISeen>]>([
  ['somebody types in the page', {}],
  ['nobody has acted', { isActive: false, sinceInput: 6000 }],
  ['the pointer has hardly moved', { travelled: 11, distance: 0 }],
  ['the pointer is elsewhere', { travelled: 300, distance: 251 }],
  ['it has taken the keyboard before', { travelled: 300, distance: 0, isSuspect: true }],
  ['they type in another frame, and have for long', { sinceInput: 6000, isOfFrame: true }]
])('a frame has taken the keyboard: %s', (_, seen) => {
  expect(isTheirs({ ...TYPING, ...seen })).toBe(false);
});

test('a point is as far from a frame as from its nearest edge or corner', () => {
  const box = { left: 10, right: 20, top: 30, bottom: 40 } as DOMRectReadOnly;
  expect(distance(15, 35, box)).toBe(0);
  expect(distance(5, 35, box)).toBe(5);
  expect(distance(23, 44, box)).toBe(5);
});
