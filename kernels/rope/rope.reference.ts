import type { HostArray, HostArrays } from '../contract/index.ts';

export type RopeOptions = { headDim: number };

/** Turns each pair (x[i], x[i + D/2]) by the angle of its token's position, or back. */
function turn(x: HostArray, inputs: HostArrays, { headDim }: RopeOptions, direction: 1 | -1) {
  const { cos, sin, positions } = inputs;
  const half = headDim / 2;
  const width = x.shape[1]!;
  const y = new Float64Array(x.data.length);
  for (let first = 0; first < x.data.length; first += headDim) {
    const position = Math.max(0, positions!.data[Math.floor(first / width)]!);
    for (let i = 0; i < half; i++) {
      const c = cos!.data[position * half + i]!;
      const s = direction * sin!.data[position * half + i]!;
      const a = x.data[first + i]!;
      const b = x.data[first + half + i]!;
      y[first + i] = a * c - b * s;
      y[first + half + i] = b * c + a * s;
    }
  }
  return { shape: x.shape, data: y };
}

export const ropeReference = {
  forward: (inputs: HostArrays, options: RopeOptions): HostArrays => ({
    y: turn(inputs.x!, inputs, options, 1),
  }),
  backward: (inputs: HostArrays, gradients: HostArrays, options: RopeOptions): HostArrays => ({
    x: turn(gradients.y!, inputs, options, -1),
  }),
};
