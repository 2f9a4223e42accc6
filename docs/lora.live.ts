import type { FigureSpec, RunSpec, TrainSpec } from '../website/src/live/live.ts';

const n = 16;
/** A ring and a stroke: an update that no rank-1 matrix can hold. */
const target = Array.from({ length: n * n }, (_, i) => {
  const [r, c] = [Math.floor(i / n) - 7.5, (i % n) - 7.5];
  const ring = Math.abs(Math.hypot(r, c) - 5.5) < 1.1;
  const stroke = Math.abs(r - c) < 0.8 && Math.hypot(r, c) < 4.4;
  return ring || stroke ? 1 : 0;
});

/** The best factors of each rank: power iteration on what is left of the target. */
const factors = (() => {
  const left = [...target];
  return Array.from({ length: n }, (_, rank) => {
    let v = Array.from({ length: n }, (_, i) => Math.cos(1 + i * (rank + 1)));
    let u: number[] = [];
    let size = 0;
    for (let turn = 0; turn < 300; turn++) {
      u = Array.from({ length: n }, (_, r) => v.reduce((s, x, c) => s + left[r * n + c]! * x, 0));
      const length = Math.hypot(...u) || 1;
      u = u.map((x) => x / length);
      v = Array.from({ length: n }, (_, c) => u.reduce((s, x, r) => s + left[r * n + c]! * x, 0));
      size = Math.hypot(...v) || 1;
      v = v.map((x) => x / size);
    }
    for (let i = 0; i < n * n; i++) left[i]! -= size * u[Math.floor(i / n)]! * v[i % n]!;
    return { u, v, size };
  });
})();

export const figure: FigureSpec = {
  caption: {
    en: 'An update of 16 × 16 numbers (a ring with a stroke) as LoRA of rank r can best hold it. Rank 16 is the update itself. Updates of fine-tuning are mostly of low rank, pictures like this one are not: it is a hard case.',
    zh: '一个 16 × 16 的更新（带斜杠的圆环），以及秩为 r 的 LoRA 所能做到的最佳近似。秩为 16 时就是更新本身。微调的更新大多是低秩的，这样的图案却不是：这是个难例。',
  },
  sliders: [
    { name: 'rank', label: { en: 'rank r', zh: '秩 r' }, min: 1, max: 16, step: 1, value: 2 },
  ],
  problem: ({ rank }) => ({
    operation: 'lora',
    inputs: {
      x: { shape: [n, n], values: target.map((_, i) => (i % (n + 1) === 0 ? 1 : 0)) },
      weight: { shape: [n, n], values: target.map(() => 0) },
      a: { shape: [rank!, n], values: factors.slice(0, rank).flatMap(({ u }) => u) },
      b: {
        shape: [n, rank!],
        values: Array.from({ length: n * rank! }, (_, i) => {
          const { v, size } = factors[i % rank!]!;
          return size * v[Math.floor(i / rank!)]!;
        }),
      },
    },
    options: { scale: 1 },
  }),
  draw: ({ y }) => ({
    kind: 'cells',
    rows: new Array(n).fill(''),
    columns: new Array(n).fill(''),
    values: y!,
    xLabel: { en: 'outputs', zh: '输出' },
    yLabel: { en: 'inputs', zh: '输入' },
  }),
};

export const run: RunSpec = {
  operation: 'lora',
  inputs: {
    x: { shape: [65, 128], random: 1 },
    weight: { shape: [384, 128], random: 1 },
    a: { shape: [16, 128], random: 1 },
    b: { shape: [384, 16], random: 1 },
    seed: { shape: [2], values: [7, 9], dtype: 'u32' },
  },
  options: { scale: 2, dropout: 0.1 },
  gradients: ['x', 'a', 'b'],
  tolerance: 5e-6,
};

export const train: TrainSpec = {
  method: 'lora',
  rank: 4,
  learningRate: 2e-3,
  steps: 80,
  start: 'pretrained',
  answersOnly: true,
  choices: ['rank', 'learningRate'],
};
