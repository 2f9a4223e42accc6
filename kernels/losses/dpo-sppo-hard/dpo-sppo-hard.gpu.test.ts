import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoSppoHard } from './dpo-sppo-hard.ts';

testPairKernel(dpoSppoHard, [{}, { beta: 0.05 }], { reference: true });
