import {
  encodeFloats,
  expectedTensors,
  type LazyTensor,
  type OpenModel,
  Rounding,
  streamSafetensors,
  type WeightSource,
} from '@attune/model';
import type { OutputFolder } from './folder.ts';

export type SavedDtype = 'F32' | 'F16' | 'BF16';

const words: Record<SavedDtype, string> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** Text files of a model that go along with its weights. */
const beside = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
];

/**
 * Writes a model folder that transformers reads: weights in one safetensors file, made tensor by tensor,
 * with config and tokenizer.
 */
export async function writeModelFolder(
  out: OutputFolder,
  model: Pick<OpenModel, 'config' | 'rawConfig' | 'weights' | 'files' | 'tokenizer'>,
  {
    weights = model.weights,
    dtype = 'F32',
    rounding = new Rounding(),
    progress,
  }: {
    /** Weights in place of the model's own. */
    weights?: Pick<WeightSource, 'float32'>;
    dtype?: SavedDtype;
    /** Measures what storing costs, where it is asked for. */
    rounding?: Rounding;
    progress?: (done: number, total: number) => void;
  } = {},
): Promise<void> {
  const wanted = [...expectedTensors(model.config)];
  let done = 0;
  const tensors = wanted.map(
    ({ name, shape }): LazyTensor => ({
      name,
      dtype,
      shape,
      async data() {
        progress?.(++done, wanted.length);
        const values = await weights.float32(name);
        const bytes = encodeFloats(values, dtype);
        rounding.add(name, values, bytes, dtype);
        return bytes;
      },
    }),
  );
  await out.writeStream('model.safetensors', streamSafetensors(tensors));
  const raw: Record<string, unknown> = { ...model.rawConfig, dtype: words[dtype] };
  if ('torch_dtype' in raw) raw.torch_dtype = words[dtype];
  await out.write('config.json', json(raw));
  await writeTokenizer(out, model);
}

/** The tokenizer's files: as they lay beside the weights, or made from a GGUF's metadata. */
export async function writeTokenizer(
  out: OutputFolder,
  model: Pick<OpenModel, 'files' | 'tokenizer'>,
): Promise<void> {
  for (const file of beside) {
    if (!(await model.files.has(file))) continue;
    const source = await model.files.open(file);
    await out.write(file, await source.read(0, source.size));
  }
  if (await model.files.has('tokenizer.json')) return;
  try {
    const { tokenizerJson, tokenizerConfig, chatTemplate } = model.tokenizer;
    await out.write('tokenizer.json', json(tokenizerJson));
    if (tokenizerConfig) await out.write('tokenizer_config.json', json(tokenizerConfig));
    if (chatTemplate !== undefined) await out.write('chat_template.jinja', chatTemplate);
  } catch {
    // A model without a tokenizer is written without one.
  }
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
