import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoApoZero } from './dpo-apo-zero.ts';

testPairKernel(dpoApoZero, [{}, { beta: 0.3 }], { reference: true });
