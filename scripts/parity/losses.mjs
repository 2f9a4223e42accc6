// The float64 references of the preference losses on cases from stdin, as JSON: losses.py calls it. Build first
// (npm run build). A case: losses [[operation, weight], …], options, tokens (logps, refLogps, tokenWeights,
// logSumSquares of each token; bounds of each sequence), lengths, labels, klLogps, refKlLogps, scale.
import { readFileSync } from 'node:fs';
import * as kernels from '@attune/kernels';

const operations = new Map(Object.entries(kernels));
const vector = (data) => ({ shape: [data.length], data: Float64Array.from(data) });
const one = { loss: vector([1]) };

function run({ losses, options, tokens, lengths, labels, klLogps, refKlLogps, scale }) {
  const bounds = { shape: [tokens.bounds.length, 2], data: Int32Array.from(tokens.bounds.flat()) };
  const sums = (x) => {
    const inputs = { x: vector(x), weights: vector(tokens.tokenWeights), bounds };
    return kernels.segmentSum.reference.forward(inputs, {}).y;
  };
  const inputs = { logps: sums(tokens.logps), scale: vector([scale]) };
  if (tokens.refLogps) inputs.refLogps = sums(tokens.refLogps);
  if (lengths) inputs.lengths = vector(lengths);
  if (labels) inputs.labels = vector(labels);
  if (klLogps) Object.assign(inputs, { klLogps: vector(klLogps), refKlLogps: vector(refKlLogps) });
  if (tokens.logSumSquares) {
    const logSumSquares = vector(tokens.logSumSquares);
    const all = { logps: vector(tokens.logps), logSumSquares, bounds };
    inputs.weights = kernels.wpoWeights.reference.forward(all, {}).weights;
  }
  const terms = {};
  const weights = {};
  const gradient = new Float64Array(inputs.logps.data.length);
  let metrics = [];
  for (const [name, weight] of losses) {
    const { reference } = operations.get(name);
    terms[name] = reference.forward(inputs, options).loss;
    weights[name] = weight;
    metrics = [...reference.metrics(inputs, options)];
    reference.backward(inputs, one, options).logps.data.forEach((slope, i) => {
      gradient[i] += weight * slope;
    });
  }
  const total = kernels.weightedLoss.reference.forward(terms, { weights }).loss.data[0];
  return { loss: total, gradient: [...gradient], metrics };
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(run)));
