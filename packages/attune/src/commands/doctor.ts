import { type DeviceChoice, describeGpu } from '@attune/gpu';
import { findDevice } from '@attune/trainer';
import type { Command } from '../command-line/command.ts';
import { deviceConfig } from '../recipe-keys.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Says which WebGPU device computes, its limits, what is slow and why.',
  example: 'attune doctor --device swiftshader',
  keys: deviceConfig,
  async run(values, { terminal }) {
    const gpu = await findDevice({
      ...(values.device !== undefined && { device: values.device as DeviceChoice }),
    });
    for (const line of describeGpu(gpu)) terminal.out(line);
    gpu.destroy();
  },
};
