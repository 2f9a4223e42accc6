import { AttuneError } from '@attune/gpu';
import {
  expectShape,
  type KernelTraits,
  numericInclude,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../contract/index.ts';
import { randomText, seedKey } from '../random/random.ts';
import advanceText from './sampling.advance.wgsl';
import forwardText from './sampling.forward.wgsl';
import { type SampleOptions, sampleReference } from './sampling.reference.ts';
import rowText from './sampling.row.wgsl';

export { type SampleOptions, sampleProbabilities, sampleReference } from './sampling.reference.ts';

const forwardSource = shader('sampling.forward', forwardText, {
  'random.wgsl': randomText,
  ...numericInclude,
  'sampling.row.wgsl': rowText,
});
const advanceSource = shader('sampling.advance', advanceText);

export type SampleInputs = {
  /** [B, V] f32; -infinity rules a token out. */
  readonly logits: Tensor;
  /** [4] u32: seed (low word, high word), step, 0, as `sampleState` makes it. */
  readonly state: Tensor;
};

export type SampleOutputs = {
  /** [B] i32. */
  readonly ids: Tensor;
  /** [B] f32: log-softmax of the given logits at the id, without temperature and filters. */
  readonly logps: Tensor;
};

function check({ temperature, topK = 0, topP = 1, minP = 0 }: SampleOptions): void {
  const good =
    temperature >= 0 &&
    Number.isFinite(temperature) &&
    Number.isInteger(topK) &&
    topK >= 0 &&
    topP > 0 &&
    topP <= 1 &&
    minP >= 0 &&
    minP <= 1;
  if (good) return;
  throw new AttuneError(
    'bad-value',
    `Sampling was asked for with temperature ${temperature}, topK ${topK}, topP ${topP}, minP ${minP}.`,
    'Give a temperature of at least 0, a whole topK (0: all), topP above 0 and up to 1, minP from 0 to 1.',
  );
}

/** Lanes of the workgroup of a row: a power of two, about 16 logits each and up to 256; CPUs pay for every barrier. */
function lanesOf(columns: number, { software }: KernelTraits): number {
  const wished = 2 ** Math.ceil(Math.log2(columns / 16));
  return Math.max(16, Math.min(software ? 16 : 256, wished));
}

/** The state of a seed (up to 2⁵³) at a step. */
export function sampleState(seed: number, step = 0): Uint32Array<ArrayBuffer> {
  return Uint32Array.of(...seedKey(seed), step, 0);
}

/** Records step += 1 in a state, so that the next sample of one submission draws anew. */
export function advanceSample(recorder: Recorder, state: Tensor): void {
  expectShape(state.name, state.shape, [4]);
  recorder.dispatch(advanceSource, { tensors: { state }, workgroups: 1 });
}

/**
 * Samples one token a row: temperature, top-k, top-p, min-p in transformers' order, then the inverse of
 * the cumulative distribution at a uniform number of (seed, step, row).
 * @throws AttuneError `bad-value`
 */
export const sample = operation<SampleInputs, SampleOutputs, SampleOptions>({
  name: 'sample',
  reference: sampleReference,
  forward(recorder, { logits, state }, options) {
    check(options);
    expectShape(logits.name, logits.shape, [-1, -1]);
    expectShape(state.name, state.shape, [4]);
    const [rows, columns] = logits.shape as [number, number];
    const { temperature, topK = 0, topP = 1, minP = 0 } = options;
    const ids = recorder.tensor('ids', [rows], 'i32');
    const logps = recorder.tensor('logps', [rows]);
    const greedy = temperature === 0;
    const kept = topK < columns ? topK : 0;
    recorder.dispatch(forwardSource, {
      tensors: { logits, ids, logps, ...(!greedy && { state }) },
      defines: {
        GREEDY: greedy,
        QUADS: columns % 4 === 0,
        FILTERS: kept > 0 || topP < 1,
      },
      constants: { LANES: lanesOf(columns, recorder.traits) },
      params: {
        rows,
        columns,
        topK: kept,
        topP,
        inverseTemperature: greedy ? 1 : 1 / temperature,
        logMinP: Math.max(-1e38, Math.log(minP)),
      },
      workgroups: rows,
    });
    return { ids, logps };
  },
});
