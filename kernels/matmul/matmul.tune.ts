import { type Gpu, Timer } from '@attune/gpu';
import { type Prepared, prepare } from '../contract/index.ts';
import {
  chooseMatmul,
  forceMatmulVariant,
  matmulVariants,
  rememberMatmulChoices,
} from './matmul.choose.ts';
import { type MatmulChoices, matmulClass, type Problem } from './matmul.problem.ts';
import { recordMatmul } from './matmul.record.ts';
import { fastestWithin } from './matmul.trials.ts';

/** Products of a training step, the dearest first: y = x·Wᵀ, dx = dy·W, one token's row, LoRA's thin ones. */
const shapes: readonly (readonly [
  m: number,
  n: number,
  k: number,
  transposeA: boolean,
  transposeB: boolean,
])[] = [
  [256, 576, 576, false, true],
  [256, 576, 576, false, false],
  [1, 1536, 576, false, true],
  [256, 8, 576, false, true],
  [256, 8, 576, false, false],
  [576, 576, 256, true, false],
  [8, 576, 256, true, false],
];

/**
 * Times the variants of matmul on this device, class by class, until the budget is spent, and makes the
 * winners its choice; what was not reached stays with the rules of each variant. Results differ by rounding only.
 *
 * @param milliseconds at most, compilation included: the answer comes by then on a busy machine too
 * @returns the classes in which another variant than the rules' own won, with its name
 */
export async function tuneMatmul(gpu: Gpu, milliseconds = 2000): Promise<MatmulChoices> {
  rememberMatmulChoices(gpu.traits, {});
  const classes = shapes.map((shape) => {
    const problem = problemOf(shape);
    const rule = chooseMatmul(gpu.traits, problem);
    const able = matmulVariants.filter(
      (variant) =>
        variant !== rule &&
        variant.name !== 'naive' &&
        !variant.untuned &&
        variant.canRun(gpu.traits, problem),
    );
    return { class: matmulClass(problem), names: [rule, ...able].map(({ name }) => name), shape };
  });
  const timer = new Timer(gpu);
  const choices = await fastestWithin(
    classes,
    async ({ shape }, name) => {
      const work = await compile(gpu, shape, name);
      return { time: () => timer.time(name, work.encode), destroy: () => work.destroy() };
    },
    milliseconds,
  );
  rememberMatmulChoices(gpu.traits, choices);
  return choices;
}

function problemOf([m, n, k, transposeA, transposeB]: (typeof shapes)[number]): Problem {
  const formats = { formatA: 'f32', formatB: 'f32' } as const;
  const rest = { batch: 1, rank: 0, accumulate: false, scale: 1 };
  return { m, n, k, transposeA, transposeB, ...formats, ...rest };
}

async function compile(
  gpu: Gpu,
  [m, n, k, transposeA, transposeB]: (typeof shapes)[number],
  name: string,
): Promise<Prepared<unknown>> {
  return prepare(
    gpu.device,
    (recorder) => {
      const a = recorder.tensor('a', transposeA ? [k, m] : [m, k]);
      const b = recorder.tensor('b', transposeB ? [n, k] : [k, n]);
      forceMatmulVariant(name);
      try {
        return recordMatmul(recorder, { a, b }, { transposeA, transposeB });
      } finally {
        forceMatmulVariant(undefined);
      }
    },
    undefined,
    gpu.traits,
  );
}
