import { type Gpu, Timer } from '@attune/gpu';
import { type Prepared, prepare } from '../contract/index.ts';
import {
  chooseMatmul,
  forceMatmulVariant,
  matmulVariants,
  rememberMatmulChoices,
} from './choose.ts';
import { type MatmulChoices, matmulClass, type Problem } from './problem.ts';
import { recordMatmul } from './record.ts';

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

/** A variant that is not the rules' own must be this much faster: machines are noisy. */
const margin = 0.85;

/**
 * Times the variants of matmul on this device, class by class, until the budget is spent, and makes the
 * winners its choice; what was not reached stays with the rules of each variant. Results differ by rounding only.
 *
 * @param milliseconds at most, but for the pipeline under way: none is begun that may take a quarter of what is left
 * @returns the classes in which another variant than the rules' own won, with its name
 */
export async function tuneMatmul(gpu: Gpu, milliseconds = 2000): Promise<MatmulChoices> {
  const end = performance.now() + milliseconds;
  const choices: Record<string, string> = {};
  rememberMatmulChoices(gpu.traits, {});
  let dearest = 0;
  for (const shape of shapes) {
    const problem = problemOf(shape);
    const rule = chooseMatmul(gpu.traits, problem);
    const able = matmulVariants.filter(
      (variant) => variant.name !== 'naive' && variant.canRun(gpu.traits, problem),
    );
    const works: [string, Prepared<unknown>][] = [];
    for (const { name } of [rule, ...able.filter((variant) => variant !== rule)]) {
      const began = performance.now();
      if (began + 4 * dearest > end) break;
      works.push([name, await compile(gpu, shape, name)]);
      const timer = new Timer(gpu);
      await timer.time(name, works.at(-1)![1].encode);
      dearest = Math.max(dearest, performance.now() - began);
    }
    const best = await fastest(gpu, works, end);
    for (const [, work] of works) work.destroy();
    if (best && best !== rule.name) choices[matmulClass(problem)] = best;
    if (performance.now() + 4 * dearest > end) break;
  }
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

/** The first of `works`, unless another is clearly faster in interleaved rounds; only whole rounds count. */
async function fastest(
  gpu: Gpu,
  works: readonly [string, Prepared<unknown>][],
  end: number,
): Promise<string | undefined> {
  const timer = new Timer(gpu);
  const rounds: number[][] = [];
  while (rounds.length < 5) {
    const round: number[] = [];
    for (const [name, work] of works) {
      if (performance.now() > end) break;
      round.push(await timer.time(name, work.encode));
    }
    if (round.length < works.length) break;
    rounds.push(round);
  }
  if (rounds.length < 3) return works[0]?.[0];
  const times = works.map(
    (_, i) => rounds.map((round) => round[i]!).sort((a, b) => a - b)[rounds.length >> 1]!,
  );
  const best = times.indexOf(Math.min(...times));
  return works[times[best]! < margin * times[0]! ? best : 0]?.[0];
}
