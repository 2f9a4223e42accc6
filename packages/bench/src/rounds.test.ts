import { expect, test } from 'vitest';
import { median, timeRounds } from './rounds.ts';

test('the median of an even number of samples lies between the middle two', () => {
  expect(median([4, 1, 3, 100])).toBe(3.5);
  expect(median([3, 1, 2])).toBe(2);
});

test('contenders take turns, and the first run of each is not counted', async () => {
  const order: string[] = [];
  const one = (name: string) => ({
    name,
    run: async () => {
      order.push(name);
      if (order.length <= 2) await new Promise((done) => setTimeout(done, 200));
    },
  });
  const [a, b] = await timeRounds([one('a'), one('b')], 3);
  expect(order.join('')).toBe('abababab');
  expect(Math.max(a!.ms, b!.ms)).toBeLessThan(100);
});
