import { AttuneError } from '@attune/gpu';
import {
  elements,
  elementsInclude,
  expectShape,
  type HostArray,
  type Recorder,
  shader,
  type Tensor,
} from '../contract/index.ts';
import text from './lora.dropout.wgsl';

const source = shader('lora.dropout', text, elementsInclude);

const threshold = (p: number) => Math.floor(p * 2 ** 32);

/** Records dropout of `x` with probability `p`, or adds the result into `into`; the mask depends on seed and position alone. */
export function recordDropout(
  recorder: Recorder,
  x: Tensor,
  seed: Tensor | undefined,
  p: number,
  into?: Tensor,
): Tensor {
  if (!(p >= 0 && p < 1)) {
    throw new AttuneError(
      'bad-value',
      `Dropout of ${p} was asked for.`,
      'Give a probability of at least 0 and below 1.',
    );
  }
  if (!seed) {
    throw new AttuneError(
      'missing-input',
      `Dropout of ${p} on ${x.name} needs a seed.`,
      'Pass `seed`, two u32 that change every step.',
    );
  }
  expectShape(seed.name, seed.shape, [2]);
  const y = into ?? recorder.tensor(`dropout of ${x.name}`, x.shape);
  const count = elements(x.shape);
  recorder.dispatch(source, {
    tensors: { x, seed, y },
    defines: { ACCUMULATE: Boolean(into) },
    params: { count, threshold: threshold(p), gain: 1 / (1 - p) },
    workgroups: Math.ceil(count / 64),
  });
  return y;
}

function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** The same mask on the CPU, already scaled: 0 or 1 ÷ (1 − p) for each of `count` elements. */
export function dropoutMask(seed: HostArray['data'], p: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const hash = pcg((pcg((i ^ seed[0]!) >>> 0) + seed[1]!) >>> 0);
    return hash < threshold(p) ? 0 : 1 / (1 - p);
  });
}
