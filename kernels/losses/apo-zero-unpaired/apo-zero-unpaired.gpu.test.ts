import { test } from 'vitest';
import { checkKernel } from '../../contract/checks.ts';
import { unpairedProblem, withoutMismatched } from '../kto/checks.ts';
import { apoZeroUnpaired } from './apo-zero-unpaired.ts';

const options = { beta: 0.1, desirableWeight: 1.3, undesirableWeight: 0.8 };

test.each([1, 63, 64, 65, 257, 1025])(
  'loss and gradient of %i answers equal float64',
  async (n) => {
    const inputs = withoutMismatched(unpairedProblem(n));
    await checkKernel(apoZeroUnpaired, inputs, options, { needs: ['logps'] });
  },
);

test('padding does not count, whatever stands there', async () => {
  const inputs = withoutMismatched(unpairedProblem(70, 9));
  await checkKernel(apoZeroUnpaired, inputs, options, { needs: ['logps'] });
});
