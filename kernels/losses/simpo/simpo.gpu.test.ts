import { testPairKernel } from '../pair-loss/checks.ts';
import { simpo } from './simpo.ts';

testPairKernel(
  simpo,
  [{}, { beta: 2, simpoGamma: 1, labelSmoothing: 0.1 }, { beta: 2.5, alpha: 0.25 }],
  { reference: false, averages: true },
);
