import { sortedLoss } from '../dpo-aot/dpo-aot.reference.ts';

/** The lists are the log-ratios of the chosen and of the rejected answers. */
export const dpoAotUnpairedReference = sortedLoss(
  ({ chosen }) => chosen.ratio,
  ({ rejected }) => rejected.ratio,
  true,
);
