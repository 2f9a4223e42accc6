import { testPairKernel } from '../pair-loss/checks.ts';
import { dpoSft } from './dpo-sft.ts';

testPairKernel(dpoSft, [{}], { reference: true });
