import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoExoPair } from './dpo-exo-pair.ts';

testPairKernel(
  dpoExoPair,
  [{ labelSmoothing: 1e-3 }, { labelSmoothing: 0.2, fDivergenceType: 'js_divergence' }],
  { reference: true },
);
