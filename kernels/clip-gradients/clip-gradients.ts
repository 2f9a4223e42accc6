import { AttuneError } from '@attune/gpu';
import { elements, expectShape, type Recorder, shader, type Tensor } from '../contract/index.ts';
import scaleText from './clip-gradients.scale.wgsl';
import squaresText from './clip-gradients.squares.wgsl';
import totalsText from './clip-gradients.totals.wgsl';

export { clipGradientsReference } from './clip-gradients.reference.ts';

const includes = { 'clip-gradients.scale.wgsl': scaleText };
const squaresSource = shader('clip-gradients.squares', squaresText, includes);
const totalsSource = shader('clip-gradients.totals', totalsText, includes);

/** One buffer's share of the first dispatches: few numbers an invocation while there are few. */
function shareOf(gradients: Tensor) {
  const count = elements(gradients.shape);
  const blocks = Math.min(64, Math.max(1, Math.ceil(count / (16 * 64 * 64))));
  return { gradients, count, blocks, groups: Math.ceil(count / (blocks * 1024)) };
}

/**
 * Records the norm of all gradients together and what to multiply them by, and returns [4] f32:
 * norm √Σ g² before clipping, coefficient min(1, maxNorm / (norm + 1e-6)) as in PyTorch, finite (1, or 0
 * where any gradient is NaN or infinite; then the coefficient is 0 too and the norm NaN or infinite), 0.
 * A `maxNorm` of 0, below, or infinite leaves the gradients as they are.
 */
export function recordClip(
  recorder: Recorder,
  { gradients, maxNorm }: { readonly gradients: readonly Tensor[]; readonly maxNorm: Tensor },
): Tensor {
  if (gradients.length === 0) {
    throw new AttuneError(
      'missing-input',
      'The norm of no gradients was asked for.',
      'Give at least one tensor of gradients.',
    );
  }
  expectShape(maxNorm.name, maxNorm.shape, [1]);
  const shares = gradients.map(shareOf);
  let rows = shares.reduce((sum, { groups }) => sum + 64 * groups, 0);
  let parts = recorder.tensor('squares', [rows, 2], 'u32');
  let first = 0;
  for (const { gradients, count, blocks, groups } of shares) {
    recorder.dispatch(squaresSource, {
      tensors: { gradients, parts },
      params: { count, first, blocks },
      workgroups: groups,
    });
    first += 64 * groups;
  }
  while (rows > 256) {
    const next = Math.ceil(rows / 256);
    const totals = recorder.tensor('squares', [next, 2], 'u32');
    recorder.dispatch(totalsSource, {
      tensors: { parts, totals },
      params: { rows },
      workgroups: next,
    });
    [parts, rows] = [totals, next];
  }
  const clip = recorder.tensor('clip', [4]);
  recorder.dispatch(totalsSource, {
    tensors: { parts, maxNorm, clip },
    defines: { LAST: true },
    params: { rows },
    workgroups: 1,
  });
  return clip;
}
