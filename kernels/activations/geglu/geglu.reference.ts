import type { HostArray, HostArrays } from '../../contract/index.ts';
import { type GeluOptions, geluReference } from '../gelu/gelu.reference.ts';

/** Without `up`, each row of gate is a row of the gate and one of up behind it. */
function apart({ gate, up }: HostArrays): { gate: HostArray; up: HostArray } {
  if (up) return { gate: gate!, up };
  const width = gate!.shape.at(-1)! / 2;
  const half = (side: number) => ({
    shape: [...gate!.shape.slice(0, -1), width],
    data: Float64Array.from(gate!.data.filter((_, i) => Math.floor(i / width) % 2 === side)),
  });
  return { gate: half(0), up: half(1) };
}

const times = (a: HostArray, b: HostArray): HostArray => ({
  shape: a.shape,
  data: Float64Array.from(a.data, (value, i) => value * b.data[i]!),
});

export const gegluReference = {
  /** y = gelu(gate) · up. */
  forward(inputs: HostArrays, options: GeluOptions): HostArrays {
    const { gate, up } = apart(inputs);
    return { y: times(geluReference.forward({ x: gate }, options).y!, up) };
  },

  /** dUp = dy · gelu(gate), dGate = dy · up · gelu′(gate). */
  backward(inputs: HostArrays, { y: dy }: HostArrays, options: GeluOptions): HostArrays {
    const { gate, up } = apart(inputs);
    const dUp = times(geluReference.forward({ x: gate }, options).y!, dy!);
    const dGate = geluReference.backward({ x: gate }, { y: times(dy!, up) }, options).x!;
    if (inputs.up) return { gate: dGate, up: dUp };
    const width = gate.shape.at(-1)!;
    const both = new Float64Array(2 * dUp.data.length);
    dUp.data.forEach((value, i) => {
      const at = i + Math.floor(i / width) * width;
      both[at] = dGate.data[i]!;
      both[at + width] = value;
    });
    return { gate: { shape: inputs.gate!.shape, data: both } };
  },
};
