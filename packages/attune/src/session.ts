import { stat } from 'node:fs/promises';
import { AttuneError, type DeviceChoice, type Gpu, requestGpu, formatBytes } from '@attune/gpu';
import { forceMatmulVariant } from '@attune/kernels';
import {
  downloadModel,
  hubEnvironment,
  isHubId,
  Network,
  nodeHubStorage,
  type OpenModel,
  openModel,
  uploadWeights,
  weightLayout,
} from '@attune/model';
import { trainableOf, tunedLayout } from '@attune/peft';
import { Executor, Store, tuneKernels } from '@attune/plan';
import { Tokenizer } from '@attune/tokenizer';
import { findAdapter, type LoadedAdapter, modelForBiases } from './adapter.ts';
import type { Values } from './command-line/option.ts';
import type { Terminal } from './command-line/terminal.ts';

/** A model on a device, ready to compute. */
export interface Session {
  readonly gpu: Gpu;
  readonly model: OpenModel;
  readonly adapter?: LoadedAdapter;
  readonly store: Store;
  readonly network: Network;
  readonly executor: Executor;
  destroy(): void;
}

/** Opens what `model_name_or_path` names: a folder, a GGUF file, or a model of the hub. */
export async function findModel(values: Values, terminal: Terminal): Promise<OpenModel> {
  const name = String(values.model_name_or_path);
  const there = await stat(name).then(
    () => true,
    () => false,
  );
  if (there || !isHubId(name)) return openModel(name);
  const folder = await downloadModel(name, {
    storage: await nodeHubStorage(),
    revision: String(values.model_revision ?? 'main'),
    ...(await hubEnvironment()),
    onNotice: (sentence) => terminal.note(sentence),
    onProgress: ({ file, done, total }: { file: string; done: number; total: number }) =>
      terminal.progress(`${file}: ${formatBytes(done)} of ${formatBytes(total)}`),
  });
  terminal.settle();
  return openModel(folder);
}

export function tokenizerOf(model: OpenModel): Tokenizer {
  return Tokenizer.from({
    ...model.tokenizer,
    ...(model.generationConfig && { generationConfig: model.generationConfig }),
  });
}

/**
 * The device that the user chose; software adapters are named aloud. Its fastest matmul is measured at first use;
 * ATTUNE_MATMUL names one for every product that it can compute, or `rules` for the built-in choice.
 */
export async function openDevice(values: Values, terminal: Terminal): Promise<Gpu> {
  const gpu = await requestGpu({
    ...(values.device !== undefined && { device: values.device as DeviceChoice }),
    log: (line) => terminal.note(line),
  });
  const wanted = process.env.ATTUNE_MATMUL;
  if (!wanted) await tuneKernels(gpu);
  else if (wanted !== 'rules') forceMatmulVariant(wanted);
  return gpu;
}

/**
 * Loads model (the one that is named, if none is given) and adapter onto the device: frozen, to compute with. A device
 * that is given stays when the session goes.
 */
export async function loadSession(
  values: Values,
  terminal: Terminal,
  opened?: OpenModel,
  device?: Gpu,
): Promise<Session> {
  const base = opened ?? (await findModel(values, terminal));
  const path = values.adapter_name_or_path;
  const model = path === undefined ? base : await modelForBiases(base, String(path));
  const { config } = model;
  const adapter = path === undefined ? undefined : await findAdapter(String(path), model);
  const gpu = device ?? (await openDevice(values, terminal));
  const store = new Store(gpu);
  const maxBytes = gpu.traits.maxStorageBinding;
  const layout = adapter
    ? tunedLayout(adapter.method, config, model.weights, { maxBytes, dropout: false })
    : weightLayout(config, model.weights, { maxBytes });
  let network = new Network(config, {}, layout);
  if (adapter) {
    const trainable = trainableOf(adapter.method, layout, { maxBytes });
    trainable.allocate(store, ['parameters']);
    for (const [name, data] of adapter.values) trainable.write(store, name, data);
    const tuning = adapter.method.tuning(trainable, { gradient: false });
    network = new Network(config, tuning, layout);
  }
  await uploadWeights(store, config, model.weights, {
    layout,
    positions: config.maxPositionEmbeddings + (adapter?.method.virtualTokens ?? 0),
    ...(adapter && { except: (name: string) => adapter.method.replaces(name) }),
    progress: loadingLine(terminal),
  });
  terminal.settle();
  const executor = new Executor(store);
  return {
    gpu,
    model,
    ...(adapter && { adapter }),
    store,
    network,
    executor,
    destroy() {
      executor.destroy();
      store.destroy();
      if (!device) gpu.destroy();
    },
  };
}

/** Tells of loads that take longer than a moment. */
export function loadingLine(terminal: Terminal): (done: number, total: number) => void {
  const start = Date.now();
  return (done, total) => {
    if (Date.now() - start > 1500)
      terminal.progress(`Loading weights: ${done} of ${total} tensors`);
  };
}

/** The error of a command that needs a model folder's tokenizer and has none is the model's own. */
export function needPadding(tokenizer: Tokenizer): number {
  const { padTokenId } = tokenizer;
  if (padTokenId !== undefined) return padTokenId;
  throw new AttuneError(
    'no-padding-token',
    'The tokenizer names neither a padding token nor an end-of-text token.',
    'Name eos_token in tokenizer_config.json.',
  );
}
