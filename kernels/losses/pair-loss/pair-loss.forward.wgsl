// What every loss over pairs of answers shares. A loss includes this and declares
//   fn lossOf(pair: Pair) -> PairLoss     the loss of a pair and its slopes,
//   struct Params                      if it has numbers of its own (OWN_PARAMS): those, after pair-loss.params.wgsl.
// token-loss.forward.wgsl sums up. With P = count / 2 pairs, element p is the chosen answer of pair p and element
// P + p the rejected one: each slope has an invocation, sums come from the first P.
//
// The ratio of an answer is logps - refLogps (logps alone without a reference), its score f of it:
//   score 0  r                              reverse KL
//   score 1  log 2 + log σ(r)               Jensen-Shannon
//   score 2  (e^(power r) - 1) / power      forward KL (power -1), alpha divergence (alpha - 1)
//   score 3  the same, also as reward       AlphaPO (-alpha)
// Sums kept: β reward of chosen, of rejected; chosen > rejected by more than rounding (equal answers are a
// tie, though their sums differ in the last digit); β (chosen - rejected); logps of chosen, of
// rejected; two of the loss's own; the loss.
//
// logps, refLogps, lengths, weights  [count] f32; a pair's weight is the product of its two.
// A pair with both lengths 0 is padding and does not count, whatever stands there.

#include "token-loss.forward.wgsl"
#include "numeric.wgsl"

alias Element = f32;
const COLUMNS = 9u;

#if !OWN_PARAMS
struct Params {
#include "pair-loss.params.wgsl"
}
#endif

struct Side { ratio: f32, score: f32, slope: f32, length: f32 }
struct Pair { index: u32, of_rejected: bool, chosen: Side, rejected: Side }
// `chosen` and `rejected` are the slopes by the ratios; `own` are the loss's own two sums.
struct PairLoss { weight: f32, loss: f32, chosen: f32, rejected: f32, own: vec2f }

@group(0) @binding(4) var<storage, read> logps: array<f32>;
@group(0) @binding(5) var<storage, read> lengths: array<f32>;
#if REFERENCE
@group(0) @binding(6) var<storage, read> refLogps: array<f32>;
#endif
#if WEIGHTS
@group(0) @binding(7) var<storage, read> weights: array<f32>;
#endif

fn side(i: u32) -> Side {
#if REFERENCE
  let r = logps[i] - refLogps[i];
#else
  let r = logps[i];
#endif
  if (params.score == 0u) {
    return Side(r, r, 1.0, lengths[i]);
  }
  if (params.score == 1u) {
    return Side(r, 0.6931471805599453 - softplus(-r), sigmoid(-r), lengths[i]);
  }
  // Clamped where e^x stays a number of f32, without a slope beyond, as torch.clamp does.
  let x = params.power * r;
  return Side(r, expm1(min(x, 80.0)) / params.power, select(exp(x), 0.0, x > 80.0), lengths[i]);
}

fn isPadding(pair: u32) -> bool {
  return lengths[pair] + lengths[params.count / 2u + pair] == 0.0;
}

fn weightOf(pair: u32) -> f32 {
#if WEIGHTS
  return weights[pair] * weights[params.count / 2u + pair];
#else
  return 1.0;
#endif
}

// A loss with its slopes by the two ratios; by the two scores; by their difference.
fn byRatios(pair: Pair, loss: f32, chosen: f32, rejected: f32) -> PairLoss {
  return PairLoss(weightOf(pair.index), loss, chosen, rejected, vec2f());
}
fn byScores(pair: Pair, loss: f32, chosen: f32, rejected: f32) -> PairLoss {
  return byRatios(pair, loss, chosen * pair.chosen.slope, rejected * pair.rejected.slope);
}
fn byMargin(pair: Pair, loss: f32, slope: f32) -> PairLoss {
  return byScores(pair, loss, slope, -slope);
}
fn margin(pair: Pair) -> f32 {
  return pair.chosen.score - pair.rejected.score;
}

fn token(i: u32) -> Token {
  let pairs = params.count / 2u;
  let of_rejected = i >= pairs;
  let p = select(i, i - pairs, of_rejected);
  if (isPadding(p)) {
    return Token();
  }
  let chosen = side(p);
  let rejected = side(pairs + p);
  if (!allFinite(vec4f(logps[p], logps[pairs + p], chosen.ratio, rejected.ratio))) {
    return brokenToken();
  }
  let pair = Pair(p, of_rejected, chosen, rejected);
  let result = lossOf(pair);
  if (of_rejected) {
    return Token(result.weight * result.rejected, array<f32, COLUMNS>());
  }
  let transformed = params.score == 3u;
  let c = select(pair.chosen.ratio, pair.chosen.score, transformed);
  let r = select(pair.rejected.ratio, pair.rejected.score, transformed);
  return Token(result.weight * result.chosen, array(
    params.beta * c,
    params.beta * r,
    select(0.0, 1.0, c - r > 1e-6 * (abs(logps[p]) + abs(logps[pairs + p]))),
    params.beta * (c - r),
    logps[p],
    logps[pairs + p],
    result.own.x,
    result.own.y,
    result.weight * result.loss,
  ));
}
