import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { countCalls } from '../calls.ts';
import { gptTrainer } from './gpt-step.ts';

/** jax-js 0.1.25 under jit on Dawn (`npm run bench -- --peers step`); TensorFlow.js 4.22.0 gives these within 5e-6. */
const recorded = [
  5.657840251922607, 4.978981018066406, 4.646243572235107, 4.403489589691162, 4.209420680999756,
  4.017849922180176, 3.807286262512207, 3.5581552982330322, 3.2762906551361084, 2.9928805828094482,
];

test('the GPT of the benchmark has 468,224 numbers and trains as jax-js trains it', async () => {
  const trainer = await gptTrainer(await testGpu());
  expect(trainer.parameters).toBe(468_224);
  for (const [i, wanted] of recorded.entries()) {
    const loss = await trainer.step();
    expect(Math.abs(loss / wanted - 1), `step ${i + 1}: ${loss}`).toBeLessThan(2e-6);
  }
  trainer.dispose();
});

test('a step of it takes at most 120 dispatches and 2 submits, and makes nothing', async () => {
  const trainer = await gptTrainer(await testGpu());
  await trainer.step();
  const { dispatches, submits, ...made } = await countCalls(trainer.step);
  trainer.dispose();
  expect(dispatches).toBeGreaterThan(0);
  expect(dispatches).toBeLessThanOrEqual(120);
  expect(submits).toBeGreaterThan(0);
  expect(submits).toBeLessThanOrEqual(2);
  expect(made).toEqual({ buffers: 0, bindGroups: 0 });
});
