import { AttuneError } from '@attune/gpu';
import { elementsInclude, expectShape, operation, shader, type Tensor } from '../contract/index.ts';
import forwardText from './whiten.forward.wgsl';
import joinText from './whiten.join.wgsl';
import momentsText from './whiten.moments.wgsl';
import { type WhitenOptions, whitenReference } from './whiten.reference.ts';
import totalsText from './whiten.totals.wgsl';

export { type WhitenOptions, whitenReference } from './whiten.reference.ts';

const momentsSource = shader('whiten.moments', momentsText, { 'whiten.join.wgsl': joinText });
const totalsSource = shader('whiten.totals', totalsText, { 'whiten.join.wgsl': joinText });
const forwardSource = shader('whiten.forward', forwardText, elementsInclude);

export type WhitenInputs = {
  /** [N] f32. */
  readonly x: Tensor;
  /** [N] f32: 1 for a token that counts, 0 for any other (where x may hold anything), or any weight. */
  readonly mask: Tensor;
};

/**
 * Gives the numbers that count mean 0 and variance 1: y = (x - mean) / √(variance + eps), f32 [N], 0 where mask is 0.
 * Without gradient. `statistics` [4] f32: mean, variance, Σ mask, 1 / √(variance + eps). Where a single number counts
 * the variance is 0.
 * @see TRL's masked_whiten; Huang et al. 2024, https://arxiv.org/abs/2403.17031, detail 17
 * @throws AttuneError `bad-value` when eps is not positive
 */
export const whiten = operation<WhitenInputs, { y: Tensor; statistics: Tensor }, WhitenOptions>({
  name: 'whiten',
  reference: whitenReference,
  forward(recorder, { x, mask }, { shiftMean = true, unbiased = true, eps = 1e-8 }) {
    if (!(eps > 0)) {
      throw new AttuneError(
        'bad-value',
        `Numbers were to be whitened with eps ${eps}.`,
        'Give a positive eps: equal numbers have no variance.',
      );
    }
    expectShape(x.name, x.shape, [-1]);
    expectShape(mask.name, mask.shape, x.shape);
    const count = x.shape[0]!;
    const rows = Math.ceil(count / 1024);
    const parts = recorder.tensor('parts', [rows, 4]);
    recorder.dispatch(momentsSource, {
      tensors: { x, mask, parts },
      params: { count },
      workgroups: rows,
    });
    const statistics = recorder.tensor('statistics', [4]);
    recorder.dispatch(totalsSource, {
      tensors: { parts, statistics },
      defines: { UNBIASED: unbiased },
      params: { rows, eps },
      workgroups: 1,
    });
    const y = recorder.tensor('y', x.shape);
    recorder.dispatch(forwardSource, {
      tensors: { x, mask, statistics, y },
      defines: { KEEP_MEAN: !shiftMean },
      params: { count },
      workgroups: Math.ceil(count / 64),
    });
    return { y, statistics };
  },
});
