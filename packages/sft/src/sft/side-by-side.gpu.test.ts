import { joinRows, type RowBatch } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import {
  freshWeights,
  Network,
  parseConfig,
  plainLayout,
  uploadWeights,
  type WeightLayout,
} from '@attune/model';
import {
  fullTuning,
  initialise,
  type LoraConfig,
  loraTuning,
  type TuningMethod,
  trainableOf,
  tunedLayout,
} from '@attune/peft';
import { Executor, Graph, Store } from '@attune/plan';
import type { Feed } from '@attune/trainer';
import { expect, test } from 'vitest';
import { sftLoss } from './sft.loss.ts';

const config = parseConfig({
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 24,
  intermediate_size: 52,
  num_attention_heads: 3,
  num_key_value_heads: 1,
  num_hidden_layers: 2,
  vocab_size: 90,
  max_position_embeddings: 64,
  attention_bias: true,
  tie_word_embeddings: false,
});
const tokens = 40;
const ids = Int32Array.from({ length: tokens }, (_, t) => (t * 37) % 90);
const batch = joinRows([{ inputIds: ids, labels: ids }]);
const share = { items: tokens - 1, microBatches: 1, index: 0, training: true, last: true };

/** Loss and gradients of one batch, and how often the layers were stacked. */
async function run(method: TuningMethod, layout: WeightLayout, checkpoint = false) {
  const gpu = await testGpu();
  const store = new Store(gpu);
  const weights = freshWeights(config, 3);
  const trainable = trainableOf(method, layout, { maxBytes: gpu.traits.maxStorageBinding });
  trainable.allocate(store);
  await initialise(method, trainable, store, weights);
  await uploadWeights(store, config, weights, {
    layout,
    except: (name) => method.replaces(name),
  });
  const network = new Network(config, method.tuning(trainable), layout);
  const graph = new Graph<Feed<RowBatch>>(gpu.traits);
  const { record } = sftLoss({ lossType: 'nll', gradientCheckpointing: checkpoint });
  const target = record(graph, { tokens, count: tokens - 1, rows: 1 }, network, true);
  graph.output('loss', target);
  graph.backward(target);
  const executor = new Executor(store);
  const plan = await executor.compile(graph);
  const { loss } = await executor.run([[plan, plan.planned.values({ batch, share })]]);
  const gradients = await trainable.read(store, 'gradients');
  const values = await trainable.read(store);
  executor.destroy();
  store.destroy();
  return { loss: loss![0]!, gradients, values };
}

const lora = (more: Partial<LoraConfig> = {}) =>
  loraTuning(config, { targetModules: 'all-linear', initLoraWeights: false, r: 4, ...more });

test.each<[string, TuningMethod, number]>([
  ['LoRA on all linear layers', lora(), 4],
  [
    'LoRA on queries, values and the gate',
    lora({ targetModules: ['q_proj', 'v_proj', 'gate_proj'] }),
    4,
  ],
  ['LoRA on keys alone', lora({ targetModules: ['k_proj'] }), 4],
  [
    'LoRA of several ranks',
    lora({ rankPattern: { k_proj: 3, up_proj: 8 }, alphaPattern: { k_proj: 6, up_proj: 16 } }),
    4,
  ],
  ['LoRA with a scale of its own for one layer', lora({ alphaPattern: { k_proj: 6 } }), 2],
  [
    'LoRA beside values that train whole',
    lora({ targetModules: ['q_proj'], modulesToSave: ['v_proj'] }),
    2,
  ],
  ['LoRA that drops', lora({ loraDropout: 0.1 }), 0],
  ['all parameters', fullTuning(config), 4],
])(
  '%s: layers side by side give the loss and the gradients of layers apart',
  async (_, method, stacks) => {
    const layout = tunedLayout(method, config, freshWeights(config, 3));
    expect(layout.stacks.size).toBe(stacks);
    if (stacks === 0) return;
    const apart = await run(method, plainLayout);
    for (const checkpoint of [false, true]) {
      const joined = await run(method, layout, checkpoint);
      expect(Math.abs(joined.loss / apart.loss - 1)).toBeLessThan(1e-6);
      expect([...joined.values.keys()]).toEqual([...apart.values.keys()]);
      for (const [name, gradient] of apart.gradients) {
        expect(joined.values.get(name), name).toEqual(apart.values.get(name));
        const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(largest, name).toBeGreaterThan(0);
        const other = joined.gradients.get(name)!;
        const worst = gradient.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - other[i]!)),
          0,
        );
        expect(worst / largest, name).toBeLessThan(2e-5);
      }
    }
  },
);
