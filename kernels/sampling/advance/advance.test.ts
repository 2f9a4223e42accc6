import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { advanceReference } from './advance.reference.ts';

const stride = 4;
const state = (wanted: number, steps: number) =>
  array(
    [5, stride],
    Int32Array.from([7, 8, 9, wanted, steps].flatMap((n) => Array(stride).fill(n))),
  );
const step = (wanted: number, id: number, steps = 0) =>
  advanceReference({
    sampled: array([1], Int32Array.of(id)),
    logps: array([1], [-0.5]),
    ends: array([2], Int32Array.of(2, 3)),
    rows: state(wanted, steps),
    ids: array([2, 1], Int32Array.of(90, 91)),
    idLogps: array([2, 1], [0, 0]),
  });
const first = ({ rows }: ReturnType<typeof step>) =>
  [0, 1, 2, 3, 4].map((line) => rows!.data[line * stride]);

test('a row takes its token and moves to the next position', () => {
  const after = step(5, 11);
  expect(first(after)).toEqual([11, 9, 10, 4, 1]);
  expect([...after.ids!.data]).toEqual([11, 91]);
  expect(after.idLogps!.data[0]).toBe(-0.5);
});

test('an end token is kept and stops its row where it stands', () => {
  expect(first(step(5, 3))).toEqual([7, 8, 9, 0, 1]);
  expect(step(5, 3).ids!.data[0]).toBe(3);
});

test('the last wanted token stops its row; a stopped row writes -1 into its place of the ring', () => {
  expect(first(step(1, 11))).toEqual([7, 8, 9, 0, 1]);
  const stopped = step(0, 11, 5);
  expect(first(stopped)).toEqual([7, 8, 9, 0, 6]);
  expect([...stopped.ids!.data]).toEqual([90, -1]);
});
