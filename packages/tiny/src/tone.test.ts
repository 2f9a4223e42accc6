import { expect, test } from 'vitest';
import { cheerfulShare, isCheerful, toneLexicon, tonePairs } from './tone.ts';

test('cheerful is what has two good words and no bad one', async () => {
  const lexicon = await toneLexicon();
  expect(isCheerful('Ben was happy. He had a good friend.', lexicon)).toBe(true);
  expect(isCheerful('Ben was happy.', lexicon)).toBe(false);
  expect(isCheerful('Ben was happy. He had a good friend. But Ann was sad.', lexicon)).toBe(false);
  expect(isCheerful('The constructor went to the shop with toString.', lexicon)).toBe(false);
  expect(cheerfulShare(['Happy, good!', 'Sad.'], lexicon)).toBe(0.5);
});

test('every chosen story is cheerful, no rejected one is, and no request is held out and trained on', async () => {
  const lexicon = await toneLexicon();
  const [train, held] = [await tonePairs('train'), await tonePairs('test')];
  expect([train.length, held.length]).toEqual([768, 128]);
  for (const { chosen, rejected } of [...train, ...held]) {
    expect(isCheerful(chosen[0].content, lexicon)).toBe(true);
    expect(isCheerful(rejected[0].content, lexicon)).toBe(false);
  }
  const asked = new Set(train.map(({ prompt }) => prompt[0].content));
  expect(held.filter(({ prompt }) => asked.has(prompt[0].content))).toEqual([]);
});

test('length does not tell the two apart', async () => {
  const train = await tonePairs('train');
  const letters = (side: 'chosen' | 'rejected') =>
    train.reduce((sum, pair) => sum + pair[side][0].content.length, 0) / train.length;
  expect(Math.abs(letters('chosen') / letters('rejected') - 1)).toBeLessThan(0.05);
});
