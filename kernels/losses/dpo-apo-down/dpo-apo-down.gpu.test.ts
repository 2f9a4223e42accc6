import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoApoDown } from './dpo-apo-down.ts';

testPairKernel(dpoApoDown, [{}, { beta: 0.3 }], { reference: true });
