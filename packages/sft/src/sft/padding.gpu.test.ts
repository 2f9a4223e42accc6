import { type Row, readAllRows } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import { openModel, withTexts } from '@attune/model';
import { alignTokens } from '@attune/tokenizer';
import { train } from '@attune/trainer/testing';
import { expect, test } from 'vitest';
import { SFTTrainer } from './sft.ts';

const fixtures = new URL('../../fixtures', import.meta.url).pathname;

// Recorded with TRL 1.16 on the first 8 rows, pad_token_id and pad_token set to those of eos: loss and gradient norm of
// each step. With a padding token of its own the first norm of llama is 4.148.
const recorded = {
  llama: [
    [8.761992454528809, 4.110469818115234],
    [8.534758567810059, 4.091780185699463],
    [8.20606803894043, 3.8642024993896484],
  ],
  'llama-tied': [
    [8.33682632446289, 3.444601058959961],
    [8.100760459899902, 3.9611361026763916],
    [7.865021228790283, 3.2597649097442627],
  ],
};

test.each(Object.entries(recorded))(
  '%s, padded with its end-of-text token, does not train that token’s embedding, as in TRL',
  async (name, steps) => {
    const model = await openModel(`${fixtures}/models/${name}`);
    const aligned = alignTokens(
      { config: model.rawConfig, tokenizer: model.tokenizer },
      { padToken: '<|im_end|>' },
    );
    const rows: Row[] = [];
    for await (const row of readAllRows([`${fixtures}/data/chat.jsonl`])) rows.push(row);
    const trainer = await SFTTrainer.create({
      model: withTexts(model, { rawConfig: aligned.config }),
      trainDataset: rows.slice(0, 8),
      gpu: await testGpu(),
      log: () => {},
      args: {
        maxSteps: 3,
        learningRate: 1e-3,
        loggingSteps: 1,
        perDeviceTrainBatchSize: 4,
        saveStrategy: 'no',
        trainSamplingStrategy: 'sequential',
      },
    });
    const reports = await train(trainer);
    expect(reports).toHaveLength(3);
    for (const [i, [loss, norm]] of steps.entries()) {
      expect(Math.abs(reports[i]!.loss / loss! - 1)).toBeLessThan(1e-5);
      expect(Math.abs(reports[i]!.gradNorm / norm! - 1)).toBeLessThan(1e-5);
    }
    trainer.destroy();
  },
);
