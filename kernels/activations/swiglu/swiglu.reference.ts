import type { HostArrays } from '../../contract/index.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export const swigluReference = {
  /** y = gate · σ(gate) · up. */
  forward(inputs: HostArrays): HostArrays {
    const { gate, up } = inputs;
    const y = Float64Array.from(gate!.data, (g, i) => g * sigmoid(g) * up!.data[i]!);
    return { y: { shape: gate!.shape, data: y } };
  },

  /** dUp = dy · gate · σ, dGate = dy · up · σ · (1 + gate · (1 - σ)). */
  backward(inputs: HostArrays, gradients: HostArrays): HostArrays {
    const { gate, up } = inputs;
    const dy = gradients.y!.data;
    const dGate = Float64Array.from(gate!.data, (g, i) => {
      const s = sigmoid(g);
      return dy[i]! * up!.data[i]! * s * (1 + g * (1 - s));
    });
    const dUp = Float64Array.from(gate!.data, (g, i) => dy[i]! * g * sigmoid(g));
    return { gate: { shape: gate!.shape, data: dGate }, up: { shape: up!.shape, data: dUp } };
  },
};
