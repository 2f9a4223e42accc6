import type { Command } from '../command-line/command.ts';
import { doctor } from './doctor.ts';
import { exportCommand } from './export.ts';
import { generate } from './generate.ts';
import { inspect } from './inspect.ts';
import { logitsCommand } from './logits.ts';
import { merge } from './merge.ts';
import { pretrain, sft } from './sft.ts';
import { start } from './start.ts';

/** Every command, in the order of `attune --help`. */
export const commands: readonly Command[] = [
  pretrain,
  sft,
  generate,
  logitsCommand,
  merge,
  exportCommand,
  inspect,
  doctor,
  start,
];
