import { algorithms } from '../algorithms.ts';
import type { Command } from '../command-line/command.ts';
import { compare } from './compare.ts';
import { doctor } from './doctor.ts';
import { exportCommand } from './export.ts';
import { generate } from './generate.ts';
import { inspect } from './inspect.ts';
import { logits } from './logits.ts';
import { merge } from './merge.ts';
import { score } from './score.ts';
import { start } from './start.ts';
import { trainCommand } from './train.ts';

/** Every command, in the order of `attune --help`: the algorithms first. */
export const commands: readonly Command[] = [
  ...algorithms.map(trainCommand),
  generate,
  logits,
  score,
  compare,
  merge,
  exportCommand,
  inspect,
  doctor,
  start,
];
