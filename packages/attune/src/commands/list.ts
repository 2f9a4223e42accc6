import type { Command } from '../command-line/command.ts';
import { compare } from './compare.ts';
import { cpo } from './cpo.ts';
import { doctor } from './doctor.ts';
import { dpo } from './dpo.ts';
import { exportCommand } from './export.ts';
import { generate } from './generate.ts';
import { grpo } from './grpo.ts';
import { inspect } from './inspect.ts';
import { kto } from './kto.ts';
import { logits } from './logits.ts';
import { merge } from './merge.ts';
import { orpo } from './orpo.ts';
import { pretrain } from './pretrain.ts';
import { reward } from './reward.ts';
import { rloo } from './rloo.ts';
import { score } from './score.ts';
import { sft } from './sft.ts';
import { start } from './start.ts';

/** Every command, in the order of `attune --help`. */
export const commands: readonly Command[] = [
  pretrain,
  sft,
  reward,
  dpo,
  kto,
  orpo,
  cpo,
  grpo,
  rloo,
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
