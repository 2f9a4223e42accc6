import { testPairKernel } from './checks.ts';
import { eachPair } from './pair-loss.reference.ts';
import { pairLoss, pairLossShader } from './pair-loss.ts';

/** c² + k r² of the scores, with a number and two sums of its own: what only the frame gives is tested with it. */
const squares = pairLoss({
  name: 'squares',
  source: pairLossShader(
    'squares.forward',
    `#include "pair-loss.forward.wgsl"
struct Params {
#include "pair-loss.params.wgsl"
  share: f32,
}
fn lossOf(pair: Pair) -> PairLoss {
  let c = pair.chosen.score;
  let r = pair.rejected.score;
  var result = byScores(pair, c * c + params.share * r * r, 2.0 * c, 2.0 * params.share * r);
  result.own = vec2f(abs(c), abs(r));
  return result;
}
`,
  ),
  reference: eachPair(({ chosen, rejected }) => ({
    loss: chosen.score ** 2 + 0.75 * rejected.score ** 2,
    chosen: 2 * chosen.score * chosen.slope,
    rejected: 1.5 * rejected.score * rejected.slope,
    own: [Math.abs(chosen.score), Math.abs(rejected.score)],
  })),
  params: () => ({ share: 0.75 }),
  ownMetrics: 2,
});

testPairKernel(
  squares,
  [{}, { fDivergenceType: 'js_divergence', beta: 0.5 }, { alpha: 0.02 }],
  { reference: true },
  [{}, { fDivergenceType: 'js_divergence', beta: 0.5 }],
);
