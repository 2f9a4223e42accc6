import { testPairKernel } from '../pair-loss/checks.ts';
import { cpoSigmoid } from './cpo-sigmoid.ts';

testPairKernel(cpoSigmoid, [{}, { labelSmoothing: 0.1 }, { alpha: 0.02 }], { reference: false });
