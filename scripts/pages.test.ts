import { expect, test } from 'vitest';
import { englishPages, problems } from './pages.mjs';

test('every page has its eight parts, its Chinese sibling follows it, and its symbols stand in its sources', () => {
  expect(englishPages().length).toBeGreaterThan(15);
  expect(problems()).toEqual([]);
});
