import { shader } from '../contract/index.ts';
import type { MatmulVariant } from './choose.ts';
import text from './matmul.naive.wgsl';

const source = shader('matmul.naive', text);

/** One element of y an invocation: every size, every adapter. */
export const naive: MatmulVariant = {
  name: 'naive',
  canRun: () => true,
  record(recorder, { a, b, bias, y }, problem) {
    const { batch, m, n, k, scale } = problem;
    recorder.dispatch(source, {
      tensors: { a, b, y, ...(bias && { bias }) },
      defines: {
        TRANSPOSE_A: problem.transposeA,
        TRANSPOSE_B: problem.transposeB,
        ACCUMULATE: problem.accumulate,
        BIAS: Boolean(bias),
      },
      params: { m, n, k, scale },
      workgroups: [Math.ceil(n / 8), Math.ceil(m / 8), batch],
    });
  },
};
