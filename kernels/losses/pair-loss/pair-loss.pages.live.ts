import type {
  ArraySpec,
  FigureSpec,
  Problem,
  RunSpec,
  Settings,
  Slider,
} from '../../../website/src/live/live.ts';
import type { Phrase } from '../../../website/src/phrase.ts';

const count = 81;
const ones = (n: number) => new Array<number>(n).fill(1);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export interface PairPicture {
  /** Its exported name. */
  readonly operation: string;
  readonly caption: Phrase;
  /** What stands on the horizontal axis: log-ratios of whole answers, of a token, or log-probabilities. */
  readonly axis?: keyof typeof axes;
  /** Where the rejected answer stands at first. */
  readonly rejected?: number;
  readonly beta?: Partial<Slider>;
  /** Named as the options that they set. */
  readonly sliders?: readonly Slider[];
  readonly options?: Readonly<Record<string, unknown>>;
  /** Whether DPO's push is drawn beside it; not where it would be the same curve. */
  readonly compare?: boolean;
}

const axes = {
  'ratio near 0': {
    from: -3,
    to: 3,
    rejected: 0,
    label: { en: 'log-ratio of the chosen answer, nats', zh: '被选回答的对数比值（奈特）' },
    other: { en: 'log-ratio of the rejected answer', zh: '被拒回答的对数比值' },
  },
  ratio: {
    from: -20,
    to: 20,
    rejected: 0,
    label: { en: 'log-ratio of the chosen answer, nats', zh: '被选回答的对数比值（奈特）' },
    other: { en: 'log-ratio of the rejected answer', zh: '被拒回答的对数比值' },
  },
  'ratio of a token': {
    from: -4,
    to: 12,
    rejected: 0,
    label: { en: 'log-ratio of the chosen answer per token', zh: '被选回答每词元的对数比值' },
    other: { en: 'log-ratio of the rejected answer per token', zh: '被拒回答每词元的对数比值' },
  },
  logp: {
    from: -80,
    to: -40,
    rejected: -60,
    label: { en: 'log-probability of the chosen answer', zh: '被选回答的对数概率' },
    other: { en: 'log-probability of the rejected answer', zh: '被拒回答的对数概率' },
  },
  'logp of a token': {
    from: -4,
    to: -0.02,
    rejected: -1,
    label: { en: 'log-probability of the chosen answer per token', zh: '被选回答每词元的对数概率' },
    other: {
      en: 'log-probability of the rejected answer per token',
      zh: '被拒回答每词元的对数概率',
    },
  },
} as const;

const betaSlider: Slider = {
  name: 'beta',
  label: { en: 'β', zh: 'β' },
  min: 0.02,
  max: 0.5,
  step: 0.02,
  value: 0.1,
};

/** The push on both answers of a pair (minus the loss's slopes), against where the chosen one stands. */
export function pairFigure(picture: PairPicture): FigureSpec {
  const { operation, caption, axis = 'ratio', sliders = [], options, compare = true } = picture;
  const { from, to, rejected, label, other } = axes[axis];
  const x = Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
  const problem = ({ rejected: r, ...own }: Settings): Problem => ({
    operation,
    inputs: {
      logps: { shape: [2 * count], values: [...x, ...ones(count).map(() => r!)] },
      lengths: { shape: [2 * count], values: ones(2 * count) },
      scale: { shape: [1], values: [1] },
    },
    options: { ...options, ...own },
    gradients: ['logps'],
  });
  return {
    caption,
    sliders: [
      { ...betaSlider, ...picture.beta },
      {
        name: 'rejected',
        label: other,
        min: from,
        max: to,
        step: (to - from) / 40,
        value: picture.rejected ?? rejected,
      },
      ...sliders,
    ],
    problem,
    draw: ({ d_logps }, { beta, rejected: r }) => ({
      kind: 'lines',
      x,
      xLabel: label,
      yLabel: { en: 'push', zh: '推力' },
      series: [
        {
          name: { en: 'on the chosen answer', zh: '对被选回答' },
          y: d_logps!.slice(0, count).map((d) => -d),
        },
        {
          name: { en: 'on the rejected answer', zh: '对被拒回答' },
          y: d_logps!.slice(count).map((d) => -d),
        },
        ...(compare
          ? [
              {
                name: { en: 'DPO, on the chosen', zh: 'DPO，对被选回答' },
                y: x.map((c) => beta! * sigmoid(-beta! * (c - r!))),
                dashed: true,
              },
            ]
          : []),
      ],
    }),
  };
}

export interface PairCheck {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly pairs?: number;
  /** With log-probabilities under a reference model. Default true. */
  readonly reference?: boolean;
  /** Log-probabilities are averages over tokens. */
  readonly averages?: boolean;
}

/** A loss and its gradient on many pairs of answers of 1 to 40 tokens; the tolerance is that of its tests. */
export function pairRun(operation: string, check: PairCheck = {}): RunSpec {
  const { options = {}, pairs = 4097, reference = true, averages = false } = check;
  const n = 2 * pairs;
  const spread: ArraySpec = { shape: [n], random: 30 };
  const averaged: ArraySpec = {
    shape: [n],
    values: Array.from({ length: n }, (_, i) => -0.05 - ((i * 37) % 101) / 40),
  };
  return {
    operation,
    inputs: {
      logps: averages ? averaged : spread,
      ...(reference && { refLogps: { shape: [n], random: 30 } }),
      lengths: { shape: [n], values: Array.from({ length: n }, (_, i) => 1 + ((i * 7) % 40)) },
      scale: { shape: [1], values: [1 / pairs] },
    },
    options,
    gradients: ['logps'],
    tolerance: 2e-6,
  };
}
