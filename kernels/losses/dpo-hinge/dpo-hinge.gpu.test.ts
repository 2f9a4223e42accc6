import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoHinge } from './dpo-hinge.ts';

testPairKernel(dpoHinge, [{}, { fDivergenceType: 'js_divergence', beta: 1.5 }], {
  reference: true,
});
