import { shader } from '../contract/index.ts';
import text from './matmul.naive.wgsl';
import { bindOperands, type MatmulVariant } from './matmul.operands.ts';

const source = shader('matmul.naive', text);

/** The formula, one element of y an invocation: every size, every adapter; f32 and f16. */
export const naive: MatmulVariant = {
  name: 'naive',
  canRun: (_, { formatA, formatB }) =>
    [formatA, formatB].every((format) => format === 'f32' || format === 'f16'),
  suits: () => true,
  record(recorder, operands, problem) {
    const { tensors, defines, params } = bindOperands(problem, operands);
    const { rank: _, scales: __, ...own } = params;
    recorder.dispatch(source, {
      tensors,
      defines: { ...defines, HALF_B: problem.formatB === 'f16' },
      params: own,
      workgroups: [Math.ceil(problem.n / 8), Math.ceil(problem.m / 8), problem.batch],
    });
  },
};
