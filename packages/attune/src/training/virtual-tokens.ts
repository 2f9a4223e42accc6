import { folderFromPath, type OpenModel, openTokenizer } from '@attune/model';
import { prefixTuning, promptTuning, pTuning, type TuningMethod } from '@attune/peft';
import { Tokenizer } from '@attune/tokenizer';
import { usageError, type Values } from '../command-line/option.ts';
import { tokenizerOf } from '../session.ts';

/** Virtual tokens as the recipe wants them. @throws AttuneError `missing-key`, `bad-peft-config` */
export async function newVirtual(
  type: 'PREFIX_TUNING' | 'PROMPT_TUNING' | 'P_TUNING',
  values: Values,
  model: OpenModel,
): Promise<TuningMethod> {
  const { config, weights } = model;
  const seed = Number(values.seed ?? 42);
  if (values.num_virtual_tokens == null) {
    throw usageError(
      'missing-key',
      `peft_type ${type} needs num_virtual_tokens.`,
      'Set it to the number of virtual tokens: 10 to 100 are usual.',
    );
  }
  const shared = {
    numVirtualTokens: values.num_virtual_tokens as number,
    encoderHiddenSize: (values.encoder_hidden_size ?? null) as number | null,
  };
  switch (type) {
    case 'PREFIX_TUNING': {
      const own = {
        prefixProjection: values.prefix_projection === true,
        initWeights: (values.init_weights ?? null) as 'zero' | null,
      };
      return prefixTuning(config, { ...shared, ...own }, { seed });
    }
    case 'P_TUNING': {
      const own = {
        encoderReparameterizationType: values.encoder_reparameterization_type as 'MLP' | 'LSTM',
        encoderNumLayers: values.encoder_num_layers as number,
        encoderDropout: values.encoder_dropout as number,
      };
      return pTuning(config, { ...shared, ...own }, { seed });
    }
    default: {
      const text = (values.prompt_tuning_init_text ?? null) as string | null;
      const init = values.prompt_tuning_init as 'RANDOM' | 'SAMPLE_VOCAB' | 'TEXT';
      const own = {
        promptTuningInit: init,
        promptTuningInitText: text,
        tokenizerNameOrPath: (values.tokenizer_name_or_path ?? null) as string | null,
      };
      const textIds =
        init === 'TEXT' && text ? (await tokenizerFor(values, model)).encode(text) : [];
      return promptTuning(config, { ...shared, ...own }, { textIds, weights, seed });
    }
  }
}

/** The tokenizer of the text to start from: the model's own, or that of another folder. */
async function tokenizerFor(values: Values, model: OpenModel): Promise<Tokenizer> {
  const path = values.tokenizer_name_or_path;
  if (path == null || path === values.model_name_or_path) return tokenizerOf(model);
  return Tokenizer.from(await openTokenizer(await folderFromPath(String(path))));
}
