import { eachMargin } from '../pair-loss/pair-loss.reference.ts';

/** (δ - 1 / (2 β))². */
export const cpoIpoReference = eachMargin((margin, beta) => {
  const x = margin - 1 / (2 * beta);
  return [x ** 2, 2 * x];
});
