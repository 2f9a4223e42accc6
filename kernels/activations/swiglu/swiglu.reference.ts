import type { HostArray, HostArrays } from '../../contract/index.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Without `up`, each row of gate is a row of the gate and one of up behind it. */
function apart({ gate, up }: HostArrays): { gate: HostArray; up: HostArray; packed: boolean } {
  if (up) return { gate: gate!, up, packed: false };
  const width = gate!.shape.at(-1)! / 2;
  const half = (side: number) => ({
    shape: [...gate!.shape.slice(0, -1), width],
    data: Float64Array.from(gate!.data.filter((_, i) => Math.floor(i / width) % 2 === side)),
  });
  return { gate: half(0), up: half(1), packed: true };
}

export const swigluReference = {
  /** y = gate · σ(gate) · up. */
  forward(inputs: HostArrays): HostArrays {
    const { gate, up } = apart(inputs);
    const y = Float64Array.from(gate.data, (g, i) => g * sigmoid(g) * up.data[i]!);
    return { y: { shape: gate.shape, data: y } };
  },

  /** dUp = dy · gate · σ, dGate = dy · up · σ · (1 + gate · (1 - σ)). */
  backward(inputs: HostArrays, gradients: HostArrays): HostArrays {
    const { gate, up, packed } = apart(inputs);
    const dy = gradients.y!.data;
    const dGate = Float64Array.from(gate.data, (g, i) => {
      const s = sigmoid(g);
      return dy[i]! * up.data[i]! * s * (1 + g * (1 - s));
    });
    const dUp = Float64Array.from(gate.data, (g, i) => dy[i]! * g * sigmoid(g));
    if (!packed) {
      return { gate: { shape: gate.shape, data: dGate }, up: { shape: up.shape, data: dUp } };
    }
    const width = gate.shape.at(-1)!;
    const both = new Float64Array(2 * dUp.length);
    dUp.forEach((value, i) => {
      const at = i + Math.floor(i / width) * width;
      both[at] = dGate[i]!;
      both[at + width] = value;
    });
    return { gate: { shape: inputs.gate!.shape, data: both } };
  },
};
