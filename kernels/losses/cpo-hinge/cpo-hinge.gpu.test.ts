import { testPairKernel } from '../pair-loss/checks.ts';
import { cpoHinge } from './cpo-hinge.ts';

testPairKernel(cpoHinge, [{}, { alpha: 0.02 }], { reference: false });
