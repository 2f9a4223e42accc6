import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoDiscopop } from './dpo-discopop.ts';

testPairKernel(
  dpoDiscopop,
  [{}, { discopopTau: 0.5, beta: 0.3 }, { fDivergenceType: 'js_divergence' }],
  { reference: true },
);
