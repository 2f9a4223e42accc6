// IPO without a reference: (δ - 1 / (2 β))², δ the difference of the averaged (transformed) log-probabilities.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let x = margin(pair) - 0.5 / params.beta;
  return byMargin(pair, x * x, 2.0 * x);
}
