import { describeGpu } from '@attune/gpu';
import type { Command } from '../command-line/command.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { openDevice } from '../session.ts';

/** `attune doctor`: the WebGPU device, its limits, what is slow and why. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'Describes the WebGPU device: its limits, what is slow and why.',
  example: 'attune doctor --device swiftshader',
  options: modelKeys.filter(({ name }) => name === 'device'),
  async run(values, { terminal }) {
    const gpu = await openDevice(values, terminal);
    for (const line of describeGpu(gpu)) terminal.out(line);
    gpu.destroy();
  },
};
