import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoNcaPair } from './dpo-nca-pair.ts';

testPairKernel(dpoNcaPair, [{}, { beta: 0.3 }], { reference: true });
