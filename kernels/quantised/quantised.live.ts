import type { FigureSpec, RunSpec } from '../../website/src/live/live.ts';

/** The bits of a half-precision number, for sizes that it holds as normal numbers. */
function half(value: number): [number, number] {
  if (value === 0) return [0, 0];
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  const bits = (value < 0 ? 0x8000 : 0) + ((exponent + 15) << 10) + fraction;
  return [bits & 255, bits >> 8];
}

const held = (q: number, least: number, most: number) => Math.max(least, Math.min(most, q));

/** 32 integers of four bits: number i in the low half of byte i, number i + 16 in the high half. */
const nibbles = (q: readonly number[]) =>
  Array.from({ length: 16 }, (_, i) => q[i]! | (q[i + 16]! << 4));

/** One block of 32 numbers as ggml makes it, byte by byte. */
const blockOf: Record<string, (x: readonly number[]) => number[]> = {
  q8_0(x) {
    const d = Math.max(...x.map(Math.abs)) / 127;
    return [...half(d), ...x.map((v) => Math.round(v / (d || 1)) & 255)];
  },
  q4_0(x) {
    // The number that is furthest from 0 becomes exactly −8.
    const d = x.reduce((most, v) => (Math.abs(v) > Math.abs(most) ? v : most)) / -8;
    return [...half(d), ...nibbles(x.map((v) => held(Math.floor(v / (d || 1) + 8.5), 0, 15)))];
  },
  q4_1(x) {
    const least = Math.min(...x);
    const d = (Math.max(...x) - least) / 15;
    const q = x.map((v) => held(Math.floor((v - least) / (d || 1) + 0.5), 0, 15));
    return [...half(d), ...half(least), ...nibbles(q)];
  },
};

/** Blocks of Q4_K with random integers and scales around 0.01. */
function someBlocks(count: number): number[] {
  let state = 1;
  const byte = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return Array.from({ length: count }, () => {
    const bytes = Array.from({ length: 144 }, byte);
    for (const at of [1, 3]) bytes[at] = (bytes[at]! & 0x80) | 0x18 | (bytes[at]! & 0x0f);
    return bytes;
  }).flat();
}

/** A layer of 512 inputs and 67 outputs in Q4_K: the product, and the gradient by x. */
export const run: RunSpec = {
  operation: 'quantised',
  inputs: {
    x: { shape: [33, 512], random: 1 },
    file: { shape: [134 * 144], values: someBlocks(134), dtype: 'u32' },
  },
  options: { format: 'q4_k', shape: [67, 512] },
  gradients: ['x'],
  tolerance: 2e-6,
};

const formats = ['q4_0', 'q4_1', 'q8_0'];
const places = Array.from({ length: 64 }, (_, i) => i);
const weights = (lift: number, outlier: number) =>
  places.map((i) => Math.sin(i / 5) + lift + (i === 40 ? outlier : 0));

export const figure: FigureSpec = {
  caption: {
    en: 'Sixty-four weights, two blocks of 32, as the kernel reads them. Four bits leave 16 steps a block. One large weight (the 41st) makes the steps of its own block coarse; the other block does not notice. A lift is wasted on Q4_0, whose steps lie about zero, and free in Q4_1.',
    zh: '六十四个权重，分成两块，每块 32 个，按内核读到的样子画出。四位只给每块 16 级。一个大权重（第 41 个）使自己那一块的台阶变粗，另一块不受影响。整体抬高会浪费 Q4_0 的级数（它的台阶以零为中心），对 Q4_1 则没有代价。',
  },
  sliders: [
    {
      name: 'format',
      label: { en: 'format (1: Q4_0, 2: Q4_1, 3: Q8_0)', zh: '格式（1：Q4_0，2：Q4_1，3：Q8_0）' },
      min: 1,
      max: 3,
      step: 1,
      value: 1,
    },
    {
      name: 'outlier',
      label: { en: 'added to the 41st weight', zh: '加到第 41 个权重上' },
      min: 0,
      max: 8,
      step: 0.5,
      value: 4,
    },
    {
      name: 'lift',
      label: { en: 'added to all', zh: '加到全部权重上' },
      min: 0,
      max: 3,
      step: 0.5,
      value: 0,
    },
  ],
  problem: ({ format, outlier, lift }) => {
    const name = formats[format! - 1]!;
    const x = weights(lift!, outlier!);
    const file = [...blockOf[name]!(x.slice(0, 32)), ...blockOf[name]!(x.slice(32))];
    return {
      operation: 'quantised',
      inputs: {
        // The unit matrix: each output is a weight itself.
        x: {
          shape: [64, 64],
          values: Array.from({ length: 64 * 64 }, (_, i) => (i % 65 === 0 ? 1 : 0)),
        },
        file: { shape: [file.length], values: file, dtype: 'u32' },
      },
      options: { format: name, shape: [1, 64] },
    };
  },
  draw: ({ y }, { outlier, lift }) => ({
    kind: 'lines',
    x: places,
    xLabel: { en: 'weight', zh: '第几个权重' },
    yLabel: { en: 'value', zh: '值' },
    yRange: [-2, 6],
    series: [
      { name: { en: 'as the kernel reads it', zh: '内核读到的' }, y: y! },
      { name: { en: 'as it was', zh: '原来的' }, y: weights(lift!, outlier!), dashed: true },
    ],
  }),
};
