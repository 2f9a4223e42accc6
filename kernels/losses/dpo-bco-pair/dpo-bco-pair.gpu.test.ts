import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoBcoPair } from './dpo-bco-pair.ts';

testPairKernel(dpoBcoPair, [{}, { beta: 0.3 }], { reference: true });
