// Hinge: max(0, 1 - β δ); its slope by the score difference δ is -β where the loss is positive.

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let short = 1.0 - params.beta * margin(pair);
  return byMargin(pair, max(short, 0.0), select(0.0, -params.beta, short > 0.0));
}
