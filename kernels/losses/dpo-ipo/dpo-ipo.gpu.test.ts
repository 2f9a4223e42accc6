import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoIpo } from './dpo-ipo.ts';

testPairKernel(dpoIpo, [{}, { fDivergenceType: 'js_divergence', beta: 0.5 }], { reference: true });
