import { test } from 'vitest';
import { checkKernel, random } from '../contract/checks.ts';
import { columnMean } from './column-mean.ts';

test.each([1, 63, 64, 65, 257, 70_001])('means over %i rows equal float64', async (rows) => {
  await checkKernel(columnMean, { x: random([rows, 5], 1, 4) }, {});
});

test.each([1, 63, 64, 65, 257])('means of %i columns equal float64', async (columns) => {
  await checkKernel(columnMean, { x: random([300, columns], 2, 4) }, {});
});
