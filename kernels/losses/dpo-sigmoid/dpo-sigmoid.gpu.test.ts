import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoSigmoid } from './dpo-sigmoid.ts';

testPairKernel(
  dpoSigmoid,
  [
    {},
    { fDivergenceType: 'forward_kl' },
    { fDivergenceType: 'js_divergence' },
    { fDivergenceType: 'alpha_divergence', fAlphaDivergenceCoef: 0.3 },
  ],
  { reference: true },
);
