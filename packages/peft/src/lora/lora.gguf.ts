import { AttuneError } from '@attune/gpu';
import {
  familyOf,
  type GgufMetadata,
  type GgufTensorData,
  ggufName,
  ggufValue,
  interleavedHeads,
  type ModelConfig,
  modulesOf,
  toGgufRows,
  writeGguf,
} from '@attune/model';
import type { LoraLayer, LoraMethod } from './lora.ts';

/**
 * A LoRA adapter as llama.cpp loads it beside a base model: A [r, in] and B [out, r] of every layer in
 * float32, the rows of B of q and k in llama.cpp's rotary order.
 *
 * llama.cpp scales by `adapter.lora.alpha` / r, r being read from each layer's shape. Where a layer's own
 * scale is another (rank and alpha patterns, rsLoRA over several ranks), the difference is folded into its B.
 *
 * @throws AttuneError `unsupported-export` for an adapter that trains whole tensors too, and for models that llama.cpp
 * computes otherwise
 */
export function writeLoraGguf(
  model: ModelConfig,
  method: LoraMethod,
  values: ReadonlyMap<string, Float32Array>,
): Uint8Array<ArrayBuffer> {
  if (method.saved.length > 0) {
    throw new AttuneError(
      'unsupported-export',
      `The adapter holds ${method.saved.join(', ')} whole (modules_to_save); a LoRA GGUF has no place for that.`,
      'Merge the adapter into the model, and export that: attune merge, then attune export --format gguf.',
    );
  }
  const { gguf } = familyOf(model.modelType);
  const lack = gguf.lacks?.(model);
  if (lack !== undefined) {
    throw new AttuneError(
      'unsupported-export',
      `llama.cpp would compute another base model: ${lack}.`,
      "Use the adapter in PEFT's files, or the merged model as safetensors.",
    );
  }
  const { scale, r } = method.layers[0]!;
  const alpha = scale * r;
  const metadata: GgufMetadata = new Map([
    ['general.architecture', ggufValue.string(gguf.architecture)],
    ['general.type', ggufValue.string('adapter')],
    ['adapter.type', ggufValue.string('lora')],
    ['adapter.lora.alpha', ggufValue.float32(alpha)],
  ]);
  return writeGguf(
    metadata,
    method.layers.flatMap((layer) => layerTensors(model, layer, alpha, values)),
  );
}

function layerTensors(
  model: ModelConfig,
  layer: LoraLayer,
  alpha: number,
  values: ReadonlyMap<string, Float32Array>,
): GgufTensorData[] {
  const { path, out, in: width, r, scale } = layer;
  const name = ggufName(model, `${path}.weight`);
  if (name === undefined) {
    throw new AttuneError(
      'unsupported-export',
      `llama.cpp has no place for an adapter on ${path}.`,
      'Leave that layer out of target_modules, or merge the adapter into the model.',
    );
  }
  const own = scale * r;
  const b = values.get(`${path}.lora_B.weight`)!;
  const scaled = own === alpha ? b : b.map((x) => x * (own / alpha));
  const heads = interleavedHeads(model, modulesOf(model).find((m) => m.path === path)!);
  const rows = bytesOf(scaled);
  return [
    {
      name: `${name}.lora_a`,
      type: 'F32',
      shape: [r, width],
      data: bytesOf(values.get(`${path}.lora_A.weight`)!),
    },
    {
      name: `${name}.lora_b`,
      type: 'F32',
      shape: [out, r],
      data: heads === undefined ? rows : toGgufRows(rows, { heads, rowBytes: 4 * r }),
    },
  ];
}

function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
