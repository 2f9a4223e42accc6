import { AttuneError } from '@attune/gpu';
import type { ModelConfig } from '@attune/model';
import type { AdapterFiles } from '../adapter-files.ts';
import { badPeftConfig } from '../checks.ts';
import { type BottleneckMethod, bottleneckTuning } from './bottleneck.ts';
import { adapterHubFile, twice } from './bottleneck-files.ts';
import { bottleneckFromJson } from './config.ts';

/** A method and its tensors from AdapterHub's files. */
export function bottleneckFromFiles(
  model: ModelConfig,
  { config: json, tensors }: AdapterFiles,
): { method: BottleneckMethod; values: Map<string, Float32Array> } {
  const { name, hidden_size: width } = json;
  if (typeof name !== 'string') throw badPeftConfig('name', name, "the adapter's name");
  if (width !== undefined && width !== model.hiddenSize) {
    throw badPeftConfig('hidden_size', width, `${model.hiddenSize} beside this model`);
  }
  const config = bottleneckFromJson(json.config as Record<string, unknown>);
  const method = bottleneckTuning(model, config, { name });
  const values = new Map<string, Float32Array>();
  const left = new Set(tensors.keys());
  for (const { name, shape } of method.tensors) {
    const found = tensors.get(name);
    if (!found || String(found.shape) !== String(shape)) {
      throw new AttuneError(
        found ? 'wrong-shape' : 'missing-tensor',
        found
          ? `${name} is [${found.shape}] in the adapter; this model and its config make it [${shape}].`
          : `${adapterHubFile} has no ${name}, which adapter_config.json implies.`,
        'Use the base model that the adapter was trained on.',
      );
    }
    left.delete(name);
    left.delete(twice(name));
    values.set(name, found.data);
  }
  const [extra] = left;
  if (extra === undefined) return { method, values };
  throw new AttuneError(
    'unknown-tensor',
    `${adapterHubFile} holds ${extra} (and ${left.size - 1} more) that adapter_config.json does not name.`,
    'The adapter belongs to another model or was made by a method that is not computed here.',
  );
}
