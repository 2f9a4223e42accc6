import { AttuneError, type Gpu } from '@attune/gpu';
import {
  bytesFromBlob,
  Generator,
  type ModelConfig,
  Network,
  readSafetensors,
  uploadWeights,
  type WeightSource,
  weightLayout,
} from '@attune/model';
import { adapterFromFiles, readAdapter, trainableOf, tunedLayout } from '@attune/peft';
import { Executor, Store } from '@attune/plan';
import type { Tokenizer } from '@attune/tokenizer';
import type { Event } from '../live/protocol';
import type { ChatWork, Speaker } from './chat';
import { openChoice } from './open';

/** Both models on the device, ready to answer. An adapter shares the base's weights. */
export class ChatModels {
  readonly key: string;
  readonly tokenizer: Tokenizer;
  readonly writers: ReadonlyMap<Speaker, Generator>;
  readonly #gpu: Gpu;
  readonly #owned: readonly { destroy(): void }[];

  private constructor(
    gpu: Gpu,
    key: string,
    tokenizer: Tokenizer,
    writers: ReadonlyMap<Speaker, Generator>,
    owned: readonly { destroy(): void }[],
  ) {
    this.#gpu = gpu;
    this.key = key;
    this.tokenizer = tokenizer;
    this.writers = writers;
    this.#owned = owned;
  }

  /** Reads and uploads the models. @throws AttuneError those of the readers, `bad-tuned-files` */
  static async open(gpu: Gpu, work: ChatWork, tell: (event: Event) => void): Promise<ChatModels> {
    const { model, tokenizer } = await openChoice(work.model, tell);
    const { config, weights } = model;
    const found = await tunedBy(work.tuned, config);
    const maxBytes = gpu.traits.maxStorageBinding;
    const adapter = found && 'method' in found ? found : undefined;
    const layout = adapter
      ? tunedLayout(adapter.method, config, weights, { maxBytes, dropout: false })
      : weightLayout(config, weights, { maxBytes });
    const store = new Store(gpu);
    const positions = config.maxPositionEmbeddings + (adapter?.method.virtualTokens ?? 0);
    await uploadWeights(store, config, weights, { layout, positions });
    // Each has an executor, thus an arena, of its own: their steps take turns on the device.
    const base = new Executor(store);
    const writers = new Map<Speaker, Generator>([
      ['base', writer(base, new Network(config, {}, layout))],
    ]);
    const owned: { destroy(): void }[] = [base, store];
    if (adapter) {
      const trainable = trainableOf(adapter.method, layout, { maxBytes });
      trainable.allocate(store, ['parameters']);
      for (const [name, data] of adapter.values) trainable.write(store, name, data);
      const tuning = adapter.method.tuning(trainable, { gradient: false });
      const executor = new Executor(store);
      owned.unshift(executor);
      writers.set('tuned', writer(executor, new Network(config, tuning, layout)));
    } else if (found && 'weights' in found) {
      const whole = new Store(gpu);
      const own = weightLayout(config, found.weights, { maxBytes });
      await uploadWeights(whole, config, found.weights, { layout: own });
      const executor = new Executor(whole);
      owned.unshift(executor, whole);
      writers.set('tuned', writer(executor, new Network(config, {}, own)));
    }
    return new ChatModels(gpu, work.key, tokenizer, writers, owned);
  }

  /** Whether these are the models that are asked for, on a device that is there. */
  serves(gpu: Gpu, key: string): boolean {
    return this.#gpu === gpu && this.key === key;
  }

  destroy(): void {
    for (const generator of this.writers.values()) generator.destroy();
    for (const each of this.#owned) each.destroy();
  }
}

const writer = (executor: Executor, network: Network) =>
  new Generator(executor, network, { batchSize: 1 });

/** What the files hold: an adapter for the base, or weights of its shape. */
async function tunedBy(files: readonly File[], config: ModelConfig) {
  if (!files.length) return undefined;
  const named = (name: string) => files.find((file) => file.name === name);
  const whole = named('model.safetensors');
  if (whole) {
    const weights: WeightSource = await readSafetensors(bytesFromBlob(whole, whole.name));
    return { weights };
  }
  const adapter = await readAdapter(async (name) => {
    const file = named(name);
    if (file) return new Uint8Array(await file.arrayBuffer());
    throw new AttuneError(
      'bad-tuned-files',
      `Among ${files.map((each) => each.name).join(', ')} there is no ${name}.`,
      'Choose adapter_config.json and adapter_model.safetensors (or adapter.safetensors) together, or a model.safetensors.',
    );
  });
  return adapterFromFiles(config, adapter);
}
