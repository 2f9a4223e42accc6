// DPO: -log σ(β δ), δ the difference of the scores; its slope by δ is -β σ(-β δ).

#include "pair-loss.forward.wgsl"

fn lossOf(pair: Pair) -> PairLoss {
  let z = params.beta * margin(pair);
  return byMargin(pair, softplus(-z), -params.beta * sigmoid(-z));
}
