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
import { recordColumns } from '../elementwise/columns/columns.ts';
import { recordMatmul } from '../matmul/matmul.ts';
import backwardText from './token-logps.backward.wgsl';
import forwardText from './token-logps.forward.wgsl';
import { type TokenLogpsOptions, tokenLogpsReference } from './token-logps.reference.ts';

export { type TokenLogpsOptions, tokenLogpsReference } from './token-logps.reference.ts';

const forwardSource = shader('token-logps.forward', forwardText, numericInclude);
const backwardSource = shader('token-logps.backward', backwardText);

export type TokenLogpsInputs = {
  /** [N, H] f32: what the last norm gives. */
  readonly hidden: Tensor;
  /** [V, H] f32: the output layer, in Hugging Face's layout. Or its first rows, where one binding does not hold all. */
  readonly weight: Tensor;
  /** The rows that follow: weight1, weight2, … */
  readonly [part: `weight${number}`]: Tensor;
  /** [N] i32: the next token of each row; negative (-100): the row is left out. */
  readonly targets: Tensor;
};

export type TokenLogpsOutputs = {
  /** [N] f32: ln p(target), in nats. */
  readonly logps: Tensor;
  /** [N] f32: -Σ p ln p over the vocabulary, in nats. */
  readonly entropy: Tensor;
  /** [N] f32: 1 where the target has the largest logit (the lowest id where several have), else 0. */
  readonly correct: Tensor;
  /** [N] f32: ln Σ e^logit. */
  readonly lse: Tensor;
  /** [N, 2] f32: largest logit and lse without it, for the gradient. */
  readonly saved: Tensor;
  /** [N] f32, if asked for: ln Σ p² over the vocabulary, without gradient. */
  readonly logSumSquares?: Tensor;
  /** [N] f32, if asked for: the mean of the logits over the vocabulary, without gradient. */
  readonly meanLogits?: Tensor;
};

const chunkBytes = 2 ** 24;
const mostParts = 64;

const later = Array.from({ length: mostParts - 1 }, (_, i) => `weight${i + 1}` as const);

/** The names of the output layer's parts in order, as they are given. */
function partsOf(inputs: TokenLogpsInputs): ('weight' | `weight${number}`)[] {
  return ['weight', ...later.filter((name) => inputs[name])];
}

/** Rows of one chunk: even shares of N whose views of `hidden` start at multiples of 256 bytes. */
export function tokenLogpsChunk(
  [n, width, vocabulary]: readonly [number, number, number],
  traits: Pick<KernelTraits, 'maxStorageBinding'>,
  chunk?: number,
): number {
  // A row of H numbers starts at a multiple of 64 numbers once every 64 / gcd(64, H) rows.
  const aligned = 64 / Math.min(64, width & -width);
  const unit = chunk ? aligned : Math.max(8, aligned);
  const bound = Math.min(traits.maxStorageBinding, chunk ? Number.POSITIVE_INFINITY : chunkBytes);
  const limit = Math.min(chunk ?? 32_768, Math.floor(bound / (4 * vocabulary)));
  if (n <= limit) return n;
  const most = Math.max(unit, Math.floor(limit / unit) * unit);
  return Math.ceil(n / Math.ceil(n / most) / unit) * unit;
}

/** Lanes of the workgroup of a row: a power of two, about 64 logits each and up to 256; CPUs pay for every barrier. */
export function logitLanes(columns: number, { software }: Pick<KernelTraits, 'software'>): number {
  const wished = 2 ** Math.ceil(Math.log2(columns / 64));
  return Math.max(16, Math.min(software ? 16 : 256, wished));
}

/** Calls `work` on each chunk's logits and its window of `hidden`; one buffer of logits serves all. */
function eachChunk(
  recorder: Recorder,
  inputs: TokenLogpsInputs,
  { chunk, temperature = 1 }: TokenLogpsOptions,
  work: (logits: Tensor, window: (of: Tensor) => Tensor, first: number) => void,
): void {
  const { hidden, targets } = inputs;
  const weights = partsOf(inputs).map((name) => inputs[name]);
  expectShape(hidden.name, hidden.shape, [-1, -1]);
  const [n, width] = hidden.shape as [number, number];
  for (const weight of weights) expectShape(weight.name, weight.shape, [-1, width]);
  expectShape(targets.name, targets.shape, [n]);
  if (!(temperature > 0) || (chunk !== undefined && !(chunk >= 1))) {
    throw new AttuneError(
      'bad-value',
      `tokenLogps was given temperature ${temperature} and chunk ${chunk}.`,
      'Both must be positive; leave chunk out for the default.',
    );
  }
  const vocabulary = weights.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const rows = tokenLogpsChunk([n, width, vocabulary], recorder.traits, chunk);
  const whole = recorder.tensor('logits', [Math.min(rows, n), vocabulary]);
  for (let first = 0; first < n; first += rows) {
    const count = Math.min(rows, n - first);
    const window = (of: Tensor) =>
      count === n ? of : recorder.view(of, [count, width], first * width);
    const logits = count === whole.shape[0] ? whole : recorder.view(whole, [count, vocabulary]);
    let column = 0;
    for (const weight of weights) {
      const size = weight.shape[0]!;
      const part = size === vocabulary ? logits : recorder.tensor('part', [count, size]);
      const product = { a: window(hidden), b: weight, y: part };
      recordMatmul(recorder, product, { transposeB: true, scale: 1 / temperature });
      if (part !== logits) recordColumns(recorder, { part, whole: logits }, { first: column });
      column += size;
    }
    work(logits, window, first);
  }
}

/**
 * Log-probability and entropy of a model's output layer at each row's target, without the N × V logits:
 * a chunk of rows at a time, once in the forward pass and once more for the gradient.
 * Rows with a negative target give zeros and have no gradient.
 */
export const tokenLogps = operation<TokenLogpsInputs, TokenLogpsOutputs, TokenLogpsOptions>({
  name: 'tokenLogps',
  accumulates: ['hidden', 'weight', ...later],
  reference: tokenLogpsReference,

  forward(recorder, inputs, options) {
    const n = inputs.hidden.shape[0]!;
    const [logps, entropy, correct, lse] = ['logps', 'entropy', 'correct', 'lse'].map((name) =>
      recorder.tensor(name, [n]),
    ) as [Tensor, Tensor, Tensor, Tensor];
    const saved = recorder.tensor('saved', [n, 2]);
    const { targets } = inputs;
    // One buffer for both, since a stage may bind eight; its second half starts where a view may.
    const stride = Math.ceil(n / 64) * 64;
    const asked = options.logSumSquares || options.meanLogits;
    const extras = asked ? recorder.tensor('extras', [2 * stride]) : undefined;
    eachChunk(recorder, inputs, options, (logits, _, first) => {
      const [rows, columns] = logits.shape as [number, number];
      recorder.dispatch(forwardSource, {
        tensors: {
          logits,
          targets,
          logps,
          entropy,
          correct,
          lse,
          saved,
          ...(extras && { extras }),
        },
        defines: { QUADS: columns % 4 === 0, EXTRAS: extras !== undefined },
        constants: { LANES: logitLanes(columns, recorder.traits) },
        params: { first, rows, columns, ...(extras && { stride }) },
        workgroups: [rows, 1, 1],
      });
    });
    return {
      logps,
      entropy,
      correct,
      lse,
      saved,
      ...(extras && options.logSumSquares && { logSumSquares: recorder.view(extras, [n]) }),
      ...(extras && options.meanLogits && { meanLogits: recorder.view(extras, [n], stride) }),
    };
  },

  backward(recorder, { inputs, outputs, options, gradients, needs, into }) {
    const { hidden, targets } = inputs;
    const { logps: dlogps, entropy: dentropy } = gradients;
    const names = partsOf(inputs);
    const wanted = needs.hidden || names.some((name) => needs[name]);
    if ((!dlogps && !dentropy) || !wanted) return {};
    const { entropy, saved } = outputs;
    const dhidden = needs.hidden && (into.hidden ?? recorder.tensor('dhidden', hidden.shape));
    const dweights = new Map<string, Tensor>();
    for (const name of names) if (needs[name] && into[name]) dweights.set(name, into[name]);
    const scale = 1 / (options.temperature ?? 1);
    eachChunk(recorder, inputs, options, (logits, window, first) => {
      const [rows, columns] = logits.shape as [number, number];
      const quads = columns % 4 === 0;
      recorder.dispatch(backwardSource, {
        tensors: {
          logits,
          targets,
          saved,
          ...(dlogps && { dlogps }),
          ...(dentropy && { dentropy, entropy }),
        },
        defines: { QUADS: quads, LOGPS: Boolean(dlogps), ENTROPY: Boolean(dentropy) },
        params: { first, columns },
        workgroups: [Math.ceil(columns / (quads ? 1024 : 256)), rows, 1],
      });
      let column = 0;
      for (const name of names) {
        const b = inputs[name];
        const size = b.shape[0]!;
        const a = size === columns ? logits : recorder.tensor('part', [rows, size]);
        if (a !== logits) {
          recordColumns(recorder, { part: a, whole: logits }, { first: column, take: true });
        }
        if (dhidden) {
          const more = into.hidden || column > 0;
          const place = more ? { into: window(dhidden) } : { y: window(dhidden) };
          recordMatmul(recorder, { a, b, ...place }, { scale });
        }
        if (needs[name]) {
          const known = dweights.get(name);
          const operands = { a, b: window(hidden), ...(known && { into: known }) };
          dweights.set(name, recordMatmul(recorder, operands, { transposeA: true, scale }));
        }
        column += size;
      }
    });
    return { ...(dhidden && { hidden: dhidden }), ...Object.fromEntries(dweights) };
  },
});
