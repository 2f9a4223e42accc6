import { vespoReference } from '@attune/kernels';
import { rowParts } from '@attune/trainer';
import type { PolicyBatch, TrainedCompletion } from '../generations.ts';
import { withoutNaN } from '../rollouts/metrics.ts';
import type { GRPOSettings } from './grpo.config.ts';
import { vespoOptions } from './grpo.loss.ts';

const sum = (values: Iterable<number>) => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/** One completion as the metrics see it. */
interface CompletionFigures {
  readonly row: TrainedCompletion;
  readonly logps: Float32Array;
  /** Trained tokens: all of it, or none. */
  readonly tokens: number;
  readonly entropy: Float32Array;
  /** Ratios of its tokens, or one of the whole. */
  readonly ratios: readonly number[];
  readonly kl: readonly number[];
}

/** What a loss logs of the ratios of a micro-batch, by TRL's names. */
export interface GrpoFigures {
  /** Whether `delta` bounds the ratios from above. */
  readonly capped: boolean;
  metrics(
    completions: readonly CompletionFigures[],
    overRatios: OverRatios,
    args: GRPOSettings,
  ): Record<string, number>;
}

/** The share of ratios that something holds of, and each completion's own. */
type OverRatios = (of: (ratio: number, advantage: number) => boolean) => {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly any: boolean;
};

export const clipRatios: GrpoFigures = {
  capped: true,
  metrics(_, overRatios, { epsilon, epsilonHigh }) {
    const high = epsilonHigh ?? epsilon;
    const low = overRatios((ratio, a) => ratio < 1 - epsilon && a < 0);
    const up = overRatios((ratio, a) => ratio > 1 + high && a > 0);
    return {
      'clip_ratio/low_mean': low.mean,
      'clip_ratio/high_mean': up.mean,
      'clip_ratio/region_mean': low.mean + up.mean,
      'clip_ratio/low_min': low.any ? low.min : Number.NaN,
      'clip_ratio/high_max': up.any ? up.max : Number.NaN,
    };
  },
};

export const cispoClipRatio: GrpoFigures = {
  capped: false,
  metrics: (_, overRatios, { epsilon, epsilonHigh }) => ({
    cispo_clip_ratio: overRatios((ratio, a) => ratio > (epsilonHigh ?? epsilon) && a > 0).mean,
  }),
};

export const noFigures: GrpoFigures = { capped: false, metrics: () => ({}) };

export const phiMean: GrpoFigures = {
  capped: false,
  metrics: (completions, _, args) => ({
    'vespo/phi_seq_mean':
      sum(completions.map((figures) => phi(figures, args))) / completions.length,
  }),
};

/**
 * TRL's metrics of a micro-batch: means over its trained tokens, or over completions where ratios are theirs. What
 * is not a number is absent.
 */
export function grpoMetrics(
  { completions: rows, sequences }: PolicyBatch,
  outputs: { readonly logps: Float32Array; readonly entropy: Float32Array },
  args: GRPOSettings,
  figures: GrpoFigures,
): Record<string, number> {
  const { importanceSamplingLevel, beta } = args;
  const logps = rowParts(sequences, outputs.logps);
  const entropy = rowParts(sequences, outputs.entropy);
  const sequence = importanceSamplingLevel === 'sequence';
  const completions = rows.map((row, r) =>
    figuresOf(row, logps[r]!, entropy[r]!, args, figures.capped),
  );
  const tokens = Math.max(1, sum(completions.map((each) => each.tokens)));
  const overTokens = (of: (each: CompletionFigures) => number) =>
    sum(completions.map((each) => (each.tokens ? of(each) : 0))) / tokens;
  const overRatios: OverRatios = (of) => {
    const each = completions.map(({ row, ratios }) =>
      ratios.map((ratio) => (of(ratio, row.advantage) ? 1 : 0) as number),
    );
    const own = each.map((flags, r) =>
      sequence || completions[r]!.tokens > 0 ? sum(flags) / flags.length : Number.NaN,
    );
    const mean = sequence
      ? sum(own) / own.length
      : sum(each.map((flags, r) => (completions[r]!.tokens > 0 ? sum(flags) : 0))) / tokens;
    const known = own.filter((x) => !Number.isNaN(x));
    return { mean, min: Math.min(...known), max: Math.max(...known), any: known.length > 0 };
  };
  return withoutNaN({
    ...(beta > 0 && { kl: overTokens(({ kl }) => sum(kl)) }),
    entropy: overTokens(({ entropy: of }) => sum(of)),
    ...figures.metrics(completions, overRatios, args),
  });
}

function figuresOf(
  row: TrainedCompletion,
  logps: Float32Array,
  entropy: Float32Array,
  { importanceSamplingLevel, useBiasCorrectionKl, delta }: GRPOSettings,
  capped: boolean,
): CompletionFigures {
  const { trained, oldLogps, refLogps } = row;
  const logRatios = Array.from(logps, (logp, i) => (oldLogps ? logp - oldLogps[i]! : 0));
  // A completion that does not train has the ratio 1.
  const mean = trained ? sum(logRatios) / logRatios.length : 0;
  const plain = importanceSamplingLevel === 'sequence' ? [mean] : logRatios;
  const ratios = plain.map(Math.exp);
  const kl = Array.from(refLogps ?? [], (ref, i) => {
    const d = ref - logps[i]!;
    const ratio = useBiasCorrectionKl ? (ratios[i] ?? ratios[0]!) : 1;
    return ratio * (Math.expm1(d) - d);
  });
  const cap = capped && delta !== null ? delta : Number.POSITIVE_INFINITY;
  return {
    row,
    logps,
    tokens: trained ? logps.length : 0,
    entropy,
    ratios: ratios.map((ratio) => Math.min(ratio, cap)),
    kl,
  };
}

/** VESPO's weight of a completion. */
function phi({ row, logps }: CompletionFigures, args: GRPOSettings): number {
  const count = logps.length;
  const all = (of: ArrayLike<number>) => ({ shape: [count], data: Float64Array.from(of) });
  const ones = Array<number>(count).fill(1);
  // At least one member gives the weight, also where none trains: its ratio is 1 then.
  const own = row.trained ? logps : new Float32Array(count);
  const inputs = {
    logps: all(own),
    oldLogps: all(row.trained && row.oldLogps ? row.oldLogps : own),
    advantages: all(ones.map(() => row.advantage)),
    members: all(ones),
    mask: all(ones),
    bounds: { shape: [1, 2], data: Int32Array.of(0, count) },
    scale: { shape: [1], data: Float64Array.of(1) },
  };
  const [mask, sumOfPhi] = vespoReference.metrics(inputs, vespoOptions(args));
  return sumOfPhi! / mask!;
}

/** Which tokens the entropy bonus is over, and their entropy: what an adaptive coefficient looks at. */
export function entropyWindow(
  { completions, sequences }: PolicyBatch,
  entropy: Float32Array,
  least: number | undefined,
): { readonly sum: number; readonly tokens: number } {
  const known = rowParts(sequences, entropy).flatMap((part, r) =>
    completions[r]!.trained ? [...part] : [],
  );
  const sorted = least === undefined ? undefined : [...known].sort((a, b) => a - b);
  const kept = sorted ? known.filter((x) => x >= sorted[least! - 1]!) : known;
  return { sum: sum(kept), tokens: kept.length };
}
