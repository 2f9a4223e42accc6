import { eachMargin } from '../pair-loss/pair-loss.reference.ts';

/** max(0, 1 - β δ). */
export const dpoHingeReference = eachMargin((margin, beta) => {
  const short = 1 - beta * margin;
  return [Math.max(0, short), short > 0 ? -beta : 0];
});
