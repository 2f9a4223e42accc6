// AOT: -(1 - ε) log σ(β d_k) - ε log σ(-β d_k), d the difference of two sorted lists: of policy and reference,
// chosen minus rejected; with UNPAIRED of the ratios of chosen and of rejected. dpo-aot.order.wgsl sorts.
// The slope of the k-th smallest goes back to the pair that it came from; weights belong to places k, as in TRL.
//
// order  [2 count] f32: first list sorted, second list sorted, places of the first, places of the second

#include "pair-loss.forward.wgsl"

struct Params {
#include "pair-loss.params.wgsl"
  smoothing: f32,
}

@group(0) @binding(8) var<storage, read> order: array<f32>;

fn lossOf(pair: Pair) -> PairLoss {
  let pairs = params.count / 2u;
#if UNPAIRED
  let k = u32(order[params.count + select(0u, pairs, pair.of_rejected) + pair.index]);
#else
  let k = u32(order[params.count + pair.index]);
#endif
  let e = params.smoothing;
  let z = params.beta * (order[k] - order[pairs + k]);
  let loss = (1.0 - e) * softplus(-z) + e * softplus(z);
  let slope = params.beta * (e * sigmoid(z) - (1.0 - e) * sigmoid(-z));
  return PairLoss(weightOf(k), loss, slope, -slope, vec2f());
}
