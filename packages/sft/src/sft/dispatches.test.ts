import { Network, parseConfig, stacksOf } from '@attune/model';
import { fullTuning, loraTuning, type TuningMethod, trainableOf } from '@attune/peft';
import { Graph, planMemory } from '@attune/plan';
import { expect, test } from 'vitest';
import { sftLoss } from './sft.loss.ts';

const traits = {
  software: true,
  f16: false,
  subgroups: true,
  subgroupMinSize: 8,
  subgroupMaxSize: 8,
  maxStorageBinding: 1 << 27,
  maxWorkgroupMemory: 16384,
  maxInvocations: 256,
};

/** SmolLM2's shapes, with so many layers. */
const config = (layers: number) =>
  parseConfig({
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_size: 576,
    intermediate_size: 1536,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    num_hidden_layers: layers,
    vocab_size: 1000,
    max_position_embeddings: 512,
    tie_word_embeddings: true,
  });

type Method = (model: ReturnType<typeof config>) => TuningMethod;

function calls(layers: number, method: Method, gradient: boolean, software = true) {
  const model = config(layers);
  const chosen = method(model);
  const stacks = stacksOf(model).filter((stack) => chosen.joins(stack));
  const layout = { formats: new Map(), stacks: new Map(stacks.map((s) => [s.path, s])) };
  const network = new Network(model, chosen.tuning(trainableOf(chosen, layout)), layout);
  const graph = new Graph({ ...traits, software });
  const { record } = sftLoss({ lossType: 'nll', gradientCheckpointing: false });
  const loss = record(graph, { tokens: 256, count: 256, rows: 1 }, network, gradient);
  graph.output('loss', loss);
  if (gradient) graph.backward(loss);
  return planMemory(graph).calls.map(({ shader }) => shader.label);
}

/** Dispatches that a layer adds, forward and backward: those of a third layer. */
function perLayer(method: Method, software = true) {
  const count = (layers: number, gradient: boolean) =>
    calls(layers, method, gradient, software).length;
  const forward = count(3, false) - count(2, false);
  return { forward, backward: count(3, true) - count(2, true) - forward };
}

const lora: Method = (model) => loraTuning(model, { r: 8, targetModules: 'all-linear' });

test('a layer with LoRA on all its linear layers takes at most 12 dispatches forward and 24 backward', () => {
  expect(perLayer(lora)).toEqual({ forward: 11, backward: 23 });
  expect(perLayer(lora, false)).toEqual({ forward: 11, backward: 23 });
});

test('a layer that trains whole takes 9 forward and 19 backward', () => {
  expect(perLayer(fullTuning)).toEqual({ forward: 9, backward: 19 });
});
