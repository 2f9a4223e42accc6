import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { calmPolling, isNativeCallback } from './poll.ts';

test('no function that JavaScript code passes is taken for one of Dawn', () => {
  function named() {}
  const passed = [
    () => {},
    (() => function (this: unknown) {})(),
    named,
    named.bind(undefined),
    class {},
    Math.max,
    Array,
    Promise.resolve.bind(Promise),
    undefined,
    null,
    'text',
  ];
  for (const task of passed) expect(isNativeCallback(task)).toBe(false);
  let settle: unknown;
  void new Promise((resolve) => {
    settle = resolve;
  });
  expect(isNativeCallback(settle)).toBe(false);
});

test('setImmediate goes on as it was for everyone else', async () => {
  const before = setImmediate;
  calmPolling();
  const once = setImmediate;
  calmPolling();
  expect(setImmediate).toBe(once);
  expect(once).not.toBe(before);
  const order: string[] = [];
  const cancelled = setImmediate(() => order.push('cancelled'));
  clearImmediate(cancelled);
  await new Promise<void>((done) => {
    setImmediate(
      (a: string, b: string) => {
        order.push(a, b);
        done();
      },
      'a',
      'b',
    );
  });
  expect(order).toEqual(['a', 'b']);
  expect(await promisify(setImmediate)('value')).toBe('value');
  expect(setImmediate(() => {})).toHaveProperty('hasRef');
});
