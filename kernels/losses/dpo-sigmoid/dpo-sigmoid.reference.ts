import { eachMargin, sigmoid, softplus } from '../pair-loss/pair-loss.reference.ts';

/** -log σ(β δ), δ the difference of the scores. */
export const dpoSigmoidReference = eachMargin((margin, beta) => [
  softplus(-beta * margin),
  -beta * sigmoid(-beta * margin),
]);
