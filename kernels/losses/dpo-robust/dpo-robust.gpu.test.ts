import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoRobust } from './dpo-robust.ts';

testPairKernel(dpoRobust, [{}, { labelSmoothing: 0.2 }], { reference: true });
