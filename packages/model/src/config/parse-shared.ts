import type { ModelConfig, ModelHead } from './config.ts';
import type { Fields } from './fields.ts';

/** The keys that every family's config has in common. */

/** The head by `architectures[0]`; how many labels a score head has by `num_labels` or `id2label`. */
export function parseHead(
  fields: Fields,
  fallback: string,
): { architecture: string; head: ModelHead; numLabels: number } {
  const list = fields.get('architectures') ?? [fallback];
  const architecture: unknown = Array.isArray(list) && list.length > 0 ? list[0] : undefined;
  if (typeof architecture !== 'string') {
    throw fields.invalid('architectures', 'a list that starts with a class name');
  }
  if (!architecture.endsWith('ForSequenceClassification')) {
    return { architecture, head: 'lm', numLabels: 1 };
  }
  const labels = fields.within('id2label') === undefined ? undefined : fields.get('id2label');
  const fromLabels = labels === undefined ? 2 : Object.keys(labels as object).length;
  return {
    architecture,
    head: 'score',
    numLabels: fields.int('num_labels', { fallback: fromLabels }),
  };
}

/** Ids by number or, for eos, a list of numbers; a negative pad (old Llama files) is none. Null is none too. */
export function parseTokenIds(
  fields: Fields,
  absent: { readonly bos?: number; readonly eos?: number; readonly pad?: number },
): Pick<ModelConfig, 'bosTokenId' | 'eosTokenIds' | 'padTokenId'> {
  const id = (value: unknown, key: string): number => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31) {
      return value;
    }
    throw fields.invalid(key, 'a token id, a list of ids, or null');
  };
  const read = (key: string, fallback: number | undefined): number[] => {
    const value = fields.has(key) ? fields.get(key) : fallback;
    if (value === undefined) return [];
    return Array.isArray(value) ? value.map((v) => id(v, key)) : [id(value, key)];
  };
  const pad = fields.has('pad_token_id') ? fields.get('pad_token_id') : absent.pad;
  return {
    bosTokenId: read('bos_token_id', absent.bos)[0] ?? null,
    eosTokenIds: read('eos_token_id', absent.eos),
    padTokenId:
      pad === undefined || (typeof pad === 'number' && pad < 0) ? null : id(pad, 'pad_token_id'),
  };
}

const DTYPES = ['float32', 'float16', 'bfloat16'] as const;

/** `dtype` of transformers 5, `torch_dtype` before; float32 where neither says. */
export function parseDtype(fields: Fields): ModelConfig['dtype'] {
  const key = fields.get('dtype') === undefined ? 'torch_dtype' : 'dtype';
  const text = fields.text(key, 'float32').replace(/^torch\./, '');
  return DTYPES.find((known) => known === text) ?? 'float32';
}
