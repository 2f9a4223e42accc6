import { describeGpu } from '@attune/gpu';
import type { Command } from '../command-line/command.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { openDevice } from '../session.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Says which WebGPU adapter computes, its limits, what is slow and why.',
  example: 'attune doctor --device swiftshader',
  options: modelKeys.filter(({ name }) => name === 'device'),
  async run(values, { terminal }) {
    const gpu = await openDevice(values, { ...terminal, note() {} });
    for (const line of describeGpu(gpu)) terminal.out(line);
    gpu.destroy();
  },
};
