import { cpoHinge } from '../cpo-hinge/cpo-hinge.ts';
import { cpoIpo } from '../cpo-ipo/cpo-ipo.ts';
import { cpoSigmoid } from '../cpo-sigmoid/cpo-sigmoid.ts';
import { dpoAot } from '../dpo-aot/dpo-aot.ts';
import { dpoAotUnpaired } from '../dpo-aot-unpaired/dpo-aot-unpaired.ts';
import { dpoApoDown } from '../dpo-apo-down/dpo-apo-down.ts';
import { dpoApoZero } from '../dpo-apo-zero/dpo-apo-zero.ts';
import { dpoBcoPair } from '../dpo-bco-pair/dpo-bco-pair.ts';
import type { DpoDiscopopOptions } from '../dpo-discopop/dpo-discopop.ts';
import { dpoDiscopop } from '../dpo-discopop/dpo-discopop.ts';
import { dpoExoPair } from '../dpo-exo-pair/dpo-exo-pair.ts';
import { dpoHinge } from '../dpo-hinge/dpo-hinge.ts';
import { dpoIpo } from '../dpo-ipo/dpo-ipo.ts';
import { dpoNcaPair } from '../dpo-nca-pair/dpo-nca-pair.ts';
import { dpoRobust } from '../dpo-robust/dpo-robust.ts';
import { dpoSft } from '../dpo-sft/dpo-sft.ts';
import { dpoSigmoid } from '../dpo-sigmoid/dpo-sigmoid.ts';
import { dpoSigmoidNorm } from '../dpo-sigmoid-norm/dpo-sigmoid-norm.ts';
import { dpoSppoHard } from '../dpo-sppo-hard/dpo-sppo-hard.ts';
import type { PairLossOperation, PairLossOptions } from '../pair-loss/pair-loss.ts';
import { type SimpoOptions, simpo } from '../simpo/simpo.ts';

/** What any of `dpoLosses` may be given. */
export type DpoLossOptions = PairLossOptions & DpoDiscopopOptions;

const dpo = {
  sigmoid: dpoSigmoid,
  hinge: dpoHinge,
  ipo: dpoIpo,
  robust: dpoRobust,
  exo_pair: dpoExoPair,
  nca_pair: dpoNcaPair,
  bco_pair: dpoBcoPair,
  sppo_hard: dpoSppoHard,
  aot: dpoAot,
  aot_unpaired: dpoAotUnpaired,
  apo_zero: dpoApoZero,
  apo_down: dpoApoDown,
  discopop: dpoDiscopop,
  sft: dpoSft,
  sigmoid_norm: dpoSigmoidNorm,
};

const cpo = { sigmoid: cpoSigmoid, hinge: cpoHinge, ipo: cpoIpo, simpo, alphapo: simpo };

export type DpoLossName = keyof typeof dpo;
export type CpoLossName = keyof typeof cpo;

/** The losses of DPOTrainer by TRL's `loss_type`. */
export const dpoLosses: Readonly<Record<DpoLossName, PairLossOperation<DpoLossOptions>>> = dpo;

/** The losses of CPOTrainer by TRL's `loss_type`; `alphapo` is `simpo`, meant for an `alpha`. */
export const cpoLosses: Readonly<Record<CpoLossName, PairLossOperation<SimpoOptions>>> = cpo;
