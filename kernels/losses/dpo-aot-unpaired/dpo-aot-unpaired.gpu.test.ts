import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoAotUnpaired } from './dpo-aot-unpaired.ts';

testPairKernel(dpoAotUnpaired, [{}, { labelSmoothing: 0.1, beta: 0.2 }], { reference: true });
