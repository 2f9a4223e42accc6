import { AttuneError } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import { Tokenizer } from '@attune/tokenizer';

/** The tokenizer that lies beside a model's weights. @throws AttuneError `missing-tokenizer`, … */
export function tokenizerOf(model: Pick<OpenModel, 'tokenizer' | 'generationConfig'>): Tokenizer {
  return Tokenizer.from({
    ...model.tokenizer,
    ...(model.generationConfig && { generationConfig: model.generationConfig }),
  });
}

/** The padding token. @throws AttuneError `no-padding-token` */
export function needPadding({ padTokenId }: Tokenizer): number {
  if (padTokenId !== undefined) return padTokenId;
  throw new AttuneError(
    'no-padding-token',
    'The tokenizer names neither a padding token nor an end-of-text token.',
    'Name eos_token in tokenizer_config.json.',
  );
}

/** The padding token of a model's tokenizer; null where it has none, or no tokenizer. */
export function paddingOf(model: OpenModel): number | null {
  try {
    return tokenizerOf(model).padTokenId ?? null;
  } catch (error) {
    if (error instanceof AttuneError) return null;
    throw error;
  }
}
