import { vespoReference } from '@attune/kernels';
import { rowParts } from './completions.ts';
import type { GRPOArguments } from './grpo-arguments.ts';
import { vespoOptions } from './grpo-loss.ts';
import type { RoundRow } from './round.ts';
import { withoutNaN } from './round-metrics.ts';

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** One completion as the figures see it. */
interface Judged {
  readonly row: RoundRow;
  /** Trained tokens: all of it, or none. */
  readonly tokens: number;
  readonly entropy: Float32Array;
  /** Ratios of its tokens, or one of the whole. */
  readonly ratios: readonly number[];
  readonly kl: readonly number[];
}

/**
 * TRL's figures of a micro-batch: means over its trained tokens, or over completions where ratios are theirs. What
 * cannot be told is absent.
 */
export function grpoMetrics(
  rows: readonly RoundRow[],
  outputs: { readonly logps: Float32Array; readonly entropy: Float32Array },
  args: GRPOArguments,
): Record<string, number> {
  const { lossType = 'dapo', epsilon = 0.2, importanceSamplingLevel, beta } = args;
  const high = args.epsilonHigh ?? epsilon;
  const [logps, entropy] = [rowParts(rows, outputs.logps), rowParts(rows, outputs.entropy)];
  const sequence = importanceSamplingLevel === 'sequence';
  const judged = rows.map((row, r) => judge(row, logps[r]!, entropy[r]!, args));
  const tokens = Math.max(1, sum(judged.map((j) => j.tokens)));
  const overTokens = (of: (j: Judged) => number) =>
    sum(judged.map((j) => (j.tokens ? of(j) : 0))) / tokens;
  /** The mean of a figure of ratios, and each completion's own. */
  const overRatios = (of: (ratio: number, advantage: number) => boolean) => {
    const each = judged.map(({ row, ratios }) =>
      ratios.map((ratio) => (of(ratio, row.advantage) ? 1 : 0) as number),
    );
    const own = each.map((flags, r) =>
      sequence || judged[r]!.tokens > 0 ? sum(flags) / flags.length : Number.NaN,
    );
    const mean = sequence
      ? sum(own) / own.length
      : sum(each.map((flags, r) => (judged[r]!.tokens > 0 ? sum(flags) : 0))) / tokens;
    const known = own.filter((x) => !Number.isNaN(x));
    return { mean, min: Math.min(...known), max: Math.max(...known), any: known.length > 0 };
  };
  const metrics: Record<string, number> = {};
  if (beta > 0) metrics.kl = overTokens(({ kl }) => sum(kl));
  metrics.entropy = overTokens(({ entropy: of }) => sum([...of]));
  if (lossType === 'cispo') {
    metrics.cispo_clip_ratio = overRatios((ratio, a) => ratio > high && a > 0).mean;
  } else if (lossType === 'vespo') {
    metrics['vespo/phi_seq_mean'] =
      sum(rows.map((row, r) => phi(row, logps[r]!, args))) / rows.length;
  } else if (lossType !== 'sapo') {
    const isLow = (ratio: number, a: number) => ratio < 1 - epsilon && a < 0;
    const isHigh = (ratio: number, a: number) => ratio > 1 + high && a > 0;
    const [low, up] = [overRatios(isLow), overRatios(isHigh)];
    metrics['clip_ratio/low_mean'] = low.mean;
    metrics['clip_ratio/high_mean'] = up.mean;
    metrics['clip_ratio/region_mean'] = low.mean + up.mean;
    metrics['clip_ratio/low_min'] = low.any ? low.min : Number.NaN;
    metrics['clip_ratio/high_max'] = up.any ? up.max : Number.NaN;
  }
  return withoutNaN(metrics);
}

function judge(
  row: RoundRow,
  logps: Float32Array,
  entropy: Float32Array,
  { importanceSamplingLevel, useBiasCorrectionKl = true, delta, lossType }: GRPOArguments,
): Judged {
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
  const clips = lossType !== 'cispo' && lossType !== 'sapo' && lossType !== 'vespo';
  const cap = clips && delta != null ? delta : Number.POSITIVE_INFINITY;
  return {
    row,
    tokens: trained ? logps.length : 0,
    entropy,
    ratios: ratios.map((ratio) => Math.min(ratio, cap)),
    kl,
  };
}

/** VESPO's weight of a completion. */
function phi(row: RoundRow, logps: Float32Array, args: GRPOArguments): number {
  const count = logps.length;
  const all = (of: ArrayLike<number>) => ({ shape: [count], data: Float64Array.from(of) });
  const trained = row.trained ? 1 : 0;
  const ones = Array<number>(count).fill(1);
  // At least one member tells the weight, also where none trains: its ratio is 1 then.
  const own = trained ? logps : new Float32Array(count);
  const inputs = {
    logps: all(own),
    oldLogps: all(trained && row.oldLogps ? row.oldLogps : own),
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
  rows: readonly RoundRow[],
  entropy: Float32Array,
  least: number | undefined,
): { readonly sum: number; readonly tokens: number } {
  const known = rowParts(rows, entropy).flatMap((part, r) => (rows[r]!.trained ? [...part] : []));
  const sorted = least === undefined ? undefined : [...known].sort((a, b) => a - b);
  const kept = sorted ? known.filter((x) => x >= sorted[least! - 1]!) : known;
  return { sum: sum(kept), tokens: kept.length };
}
