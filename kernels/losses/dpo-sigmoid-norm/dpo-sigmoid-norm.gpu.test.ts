import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoSigmoidNorm } from './dpo-sigmoid-norm.ts';

testPairKernel(dpoSigmoidNorm, [{}, { fDivergenceType: 'js_divergence', beta: 2 }], {
  reference: true,
});
