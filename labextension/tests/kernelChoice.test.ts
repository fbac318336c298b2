/** Which kernel a notebook gets by itself. */

import { kernelFor } from '../src/kernelChoice';

const LAB = new Map([['python3', 'python']]);
const MORE = new Map([...LAB, ['ir', 'r'], ['julia-1.11', 'julia']]);

const wanted = (name: string, language = '') => ({ name, language, display: name });

test.each([
  ['', '', LAB, 'python3'],
  ['', 'python', LAB, 'python3'],
  ['python3', 'python', LAB, 'python3'],
  ['conda-env-statistics-py', 'python', LAB, 'python3'],
  ['conda-root-py', '', LAB, 'python3'],
  ['python310', '', LAB, 'python3'],
  ['python', '', LAB, 'python3'],
  ['.venv', '', LAB, 'python3'],
  ['algebra-2026', 'python', LAB, 'python3'],
  ['ir', 'r', MORE, 'ir'],
  ['ir44', 'r', MORE, 'ir'],
  ['julia-1.9', 'julia', MORE, 'julia-1.11']
])('%s of language “%s” gets a kernel', (name, language, installed, kernel) => {
  expect(kernelFor(wanted(name, language), installed, 'python3')).toBe(kernel);
});

test.each([
  ['ir', 'r'],
  ['ir', ''],
  ['julia-1.11', 'julia'],
  ['algebra-2026', ''],
  ['pythagoras', ''],
  ['', 'r'],
  ['xcpp17', 'c++']
])('%s of language “%s” gets none in a lab of Python', (name, language) => {
  expect(kernelFor(wanted(name, language), LAB, 'python3')).toBeNull();
});

test('of two kernels of a language none is taken by chance', () => {
  const two = new Map([...LAB, ['ir', 'r'], ['ir-devel', 'r']]);
  expect(kernelFor(wanted('ir44', 'r'), two, 'python3')).toBeNull();
});
