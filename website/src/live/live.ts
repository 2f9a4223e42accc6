import type { Phrase } from '../phrase.ts';

/** Numbers for one input: given, or drawn from a seeded generator. */
export type ArraySpec = { readonly shape: readonly number[] } & (
  | { readonly values: readonly number[]; readonly dtype?: 'f32' | 'u32' | 'i32' }
  /** Uniform in [-random / 2, random / 2). */
  | { readonly random: number; readonly seed?: number }
  /** Whole numbers in [0, below). */
  | { readonly below: number; readonly dtype: 'u32' | 'i32'; readonly seed?: number }
);

/** One operation of `@attune/kernels` with what goes in. */
export interface Problem {
  /** Its exported name. */
  readonly operation: string;
  readonly inputs: Readonly<Record<string, ArraySpec>>;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Inputs whose gradients are computed too; they come back as `d_name`. */
  readonly gradients?: readonly string[];
}

/** What the Run button does: the kernel against its float64 reference. */
export interface RunSpec extends Problem {
  /** Largest error allowed, over the largest number of each array; the kernel's own test has the same. */
  readonly tolerance: number;
  /** Bytes that a run moves, for the bench, where that is not all that goes in and comes out, each once. */
  readonly bytes?: number;
}

export interface Slider {
  readonly name: string;
  readonly label: Phrase;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
}

export type Settings = Readonly<Record<string, number>>;
export type Outputs = Readonly<Record<string, readonly number[]>>;

export interface Series {
  readonly name: Phrase;
  readonly y: readonly number[];
  readonly dashed?: boolean;
  /** A paler line of the colour of the series before it. */
  readonly faint?: boolean;
}

export type Drawing =
  | {
      readonly kind: 'lines';
      readonly x: readonly number[];
      readonly xLabel: Phrase;
      readonly yLabel: Phrase;
      readonly series: readonly Series[];
      readonly yRange?: readonly [number, number];
    }
  | {
      /** Curves in a plane whose axes go from -range to range. */
      readonly kind: 'path';
      readonly xLabel: Phrase;
      readonly yLabel: Phrase;
      readonly paths: readonly {
        readonly name: Phrase;
        readonly points: readonly (readonly [number, number])[];
        readonly dashed?: boolean;
      }[];
      readonly range: number;
    }
  | {
      readonly kind: 'bars';
      readonly labels: readonly string[];
      /** A line of text above the bars. */
      readonly note?: Phrase;
      readonly yLabel: Phrase;
      readonly series: readonly Series[];
      readonly yRange?: readonly [number, number];
    }
  | {
      readonly kind: 'cells';
      readonly rows: readonly string[];
      readonly columns: readonly string[];
      readonly values: readonly number[];
      readonly xLabel: Phrase;
      readonly yLabel: Phrase;
    };

/** A figure that the kernel computes: sliders make a problem, its outputs make a drawing. */
export interface FigureSpec {
  readonly caption: Phrase;
  readonly sliders: readonly Slider[];
  /** Gradients are those of the sum of all outputs. Without a problem the drawing is arithmetic on the settings. */
  problem?(settings: Settings): Problem;
  draw(outputs: Outputs, settings: Settings): Drawing;
}

export interface TrainSettings {
  readonly method:
    | ('full' | 'lora' | 'bitfit' | 'prefix' | 'prompt' | 'p-tuning')
    | ('houlsby' | 'pfeiffer' | 'parallel');
  /** Of LoRA. */
  readonly rank: number;
  /** Virtual tokens of Prefix, Prompt and P-Tuning. Default 16. */
  readonly tokens?: number;
  /** Width of bottleneck adapters. Default 32. */
  readonly bottleneck?: number;
  readonly learningRate: number;
  readonly steps: number;
  /** `fresh`: weights drawn anew, as at the beginning of pretraining. */
  readonly start: 'pretrained' | 'fresh';
  /** Whether only answers are trained, or all tokens. */
  readonly answersOnly: boolean;
}

/** Training of the embedded model in the page; `choices` are what the reader may change. */
export interface TrainSpec extends TrainSettings {
  readonly choices: readonly (
    | ('method' | 'placement' | 'rank' | 'tokens' | 'bottleneck')
    | ('learningRate' | 'answersOnly')
  )[];
}

/**
 * Preference training of the embedded model in the page: pairs of its own stories, the cheerful one chosen; or
 * (`grpo`, `rloo`) stories that it samples as it trains, rewarded where they are cheerful.
 */
export interface PreferSettings {
  readonly algorithm: 'dpo' | 'ipo' | 'kto' | 'orpo' | 'simpo' | 'grpo' | 'rloo';
  readonly beta: number;
  readonly learningRate: number;
  readonly steps: number;
}

export interface PreferSpec extends PreferSettings {
  /** What the reader may choose from. */
  readonly betas: readonly number[];
}
