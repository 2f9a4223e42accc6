import { AttuneError } from '@attune/gpu';
import { blueprintOf, type ModelConfig } from '@attune/model';
import type { TrainableTensor } from '@attune/plan';
import { adapterConfigFile } from '../adapter-names.ts';
import type { TuningKind } from '../kind.ts';
import { decays, nextTokenOnly, sameModel, type TuningMethod } from '../method.ts';
import { badSetting, settingsOf } from '../settings.ts';
import {
  type BottleneckSettings,
  bottleneckConfig,
  bottleneckOther,
  bottleneckPresets,
} from './bottleneck.config.ts';
import {
  adapterHubFile,
  bottleneckFiles,
  bottleneckJson,
  isAdapterHub,
  readBottleneck,
} from './bottleneck.files.ts';
import { adapted } from './bottleneck.graph.ts';
import { initialTensor } from './bottleneck.start.ts';

export interface BottleneckMethod extends TuningMethod {
  readonly kind: 'BOTTLENECK';
  readonly config: BottleneckSettings;
  /** AdapterHub's name of the adapter: it stands in the names of its tensors. */
  readonly adapterName: string;
}

/** Bottleneck adapters: AdapterHub's keys, and its two files. */
export const bottleneck: TuningKind<typeof bottleneckConfig> = {
  peftType: 'BOTTLENECK',
  title: 'Bottleneck adapters',
  config: bottleneckConfig,
  other: bottleneckOther,
  chosenBy: 'adapterConfig',
  defaults: ({ adapterConfig }) =>
    adapterConfig ? bottleneckPresets[adapterConfig as keyof typeof bottleneckPresets] : {},
  create: (settings, { config }, { seed }) => bottleneckTuning(config, settings, seed),
  files: {
    own: (_, config) => isAdapterHub(config),
    weights: adapterHubFile,
    read({ config: model }, { config, tensors }) {
      const json = bottleneckJson(model, config);
      const settings = settingsOf(bottleneck, json, { where: adapterConfigFile, file: true });
      const method = bottleneckTuning(model, settings, 42);
      return { method, values: readBottleneck(method.tensors, tensors) };
    },
  },
};

/**
 * Bottleneck adapters: small networks in the model's layers, f(h) = up(act(down(h))), added to the stream after a
 * frozen sublayer: x + a + f(h), a the sublayer's output. h is a (Houlsby), a + x (Pfeiffer) or x (parallel).
 * @throws AttuneError `bad-value`, `missing-key`
 * @see Houlsby et al. 2019, https://arxiv.org/abs/1902.00751; Pfeiffer et al. 2020, https://arxiv.org/abs/2005.00247;
 * He et al. 2021, https://arxiv.org/abs/2110.04366
 */
function bottleneckTuning(
  model: ModelConfig,
  config: BottleneckSettings,
  seed: number,
): BottleneckMethod {
  const { adapterName: name } = config;
  checkPlaces(config);
  const places = new Map<string, string>();
  for (const [layer, { path, attention, feedForward }] of blueprintOf(model).blocks.entries()) {
    if (config.leaveOut.includes(layer)) continue;
    if (attention.after || feedForward.after) {
      throw new AttuneError(
        'unsupported-config',
        `Bottleneck adapters stand between a sublayer and the stream, where a ${model.modelType} model has a norm.`,
        'Use another method for this model, such as LoRA.',
      );
    }
    const [one, two] = [`${path}.attention_adapters`, `${path}.output_adapters`];
    if (config.mhAdapter) places.set(attention.output.path, `${one}.adapters.${name}`);
    if (config.outputAdapter) places.set(feedForward.output.path, `${two}.adapters.${name}`);
  }
  const width = model.hiddenSize;
  const narrow = Math.max(1, Math.floor(width / config.reductionFactor!));
  const tensors = [...places.values()].flatMap((path) =>
    adapterTensors(path, config, width, narrow),
  );
  const order = new Map(tensors.map(({ name, shape }, i) => [name, { shape, stream: i }]));
  return {
    kind: 'BOTTLENECK',
    leaves: 'adapter',
    config,
    adapterName: name,
    tensors,
    trains: nextTokenOnly,
    modelFor: sameModel,
    replaces: () => false,
    joins: () => true,
    stacks: () => [],
    async initial(name) {
      const { shape, stream } = order.get(name)!;
      return initialTensor(name, shape, config.initWeights, { seed, stream });
    },
    tuning: (trainable, options) => ({
      linear(graph, path, inputs) {
        const place = places.get(path);
        if (!place || !inputs.residual) return undefined;
        const tensor = (name: string) => trainable.tensor(graph, `${place}.${name}`, options)!;
        return adapted(graph, config, { ...inputs, residual: inputs.residual }, tensor);
      },
    }),
    save: (values, options) => bottleneckFiles({ model, config, tensors }, values, options),
  };
}

/** @throws AttuneError `bad-value` */
function checkPlaces({ adapterName, mhAdapter, outputAdapter }: BottleneckSettings): void {
  if (!/^[\w-]+$/.test(adapterName)) {
    throw badSetting('BOTTLENECK', {
      name: 'adapter_name',
      value: adapterName,
      wanted: 'letters, digits, _ and -',
      help: bottleneckConfig.adapterName.help,
    });
  }
  if (mhAdapter || outputAdapter) return;
  throw badSetting('BOTTLENECK', {
    name: 'output_adapter',
    value: false,
    wanted: 'true where mh_adapter is false',
    help: bottleneckConfig.outputAdapter.help,
  });
}

function adapterTensors(
  path: string,
  { lnBefore, lnAfter }: BottleneckSettings,
  width: number,
  narrow: number,
): TrainableTensor[] {
  const tensor = (name: string, shape: number[]) => {
    return { name: `${path}.${name}`, shape, decay: decays(name) };
  };
  const norm = (name: string) => [
    tensor(`${name}.weight`, [width]),
    tensor(`${name}.bias`, [width]),
  ];
  // PyTorch counts the norm before among the parts of adapter_down.
  const down = `adapter_down.${lnBefore ? 1 : 0}`;
  return [
    ...(lnBefore ? norm('adapter_norm_before') : []),
    tensor(`${down}.weight`, [narrow, width]),
    tensor(`${down}.bias`, [narrow]),
    tensor('adapter_up.weight', [width, narrow]),
    tensor('adapter_up.bias', [width]),
    ...(lnAfter ? norm('adapter_norm_after') : []),
  ];
}
