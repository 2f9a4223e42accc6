import { AttuneError } from '@attune/gpu';
import { bytesFromMemory, readSafetensors, writeSafetensors } from '@attune/model';
import type { SFTTrainer } from '@attune/sft';
import {
  checkpointSteps,
  diskFolder,
  type LogRow,
  type OutputFolder,
  readCheckpoint,
  type ResumePoint,
  type StepReport,
} from '@attune/trainer';
import type { Values } from '../command-line/option.ts';

const roles = ['parameters', 'm', 'v'] as const;

/** What a run needs to go on: trained tensors, AdamW's moments, where loop and log stood. */
export async function checkpointParts(
  trainer: SFTTrainer,
  report: StepReport,
  tokens: number,
): Promise<Map<string, Uint8Array>> {
  const parts = new Map<string, Uint8Array>();
  for (const role of roles) {
    const tensors = [...(await trainer.trained(role))].map(([name, data]) => ({
      name,
      dtype: 'F32' as const,
      shape: [...trainer.trainable.tensors.get(name)!.shape],
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    }));
    parts.set(`${role}.safetensors`, writeSafetensors(tensors, { format: 'pt' }));
  }
  const resume = JSON.stringify({ ...report.resume, tokens, epoch: report.epoch });
  parts.set('resume.json', new TextEncoder().encode(`${resume}\n`));
  return parts;
}

export interface Resumed {
  readonly at: ResumePoint;
  readonly tokens: number;
  readonly history: readonly LogRow[];
  readonly from: string;
}

/**
 * Puts a trainer where `resume_from_checkpoint` says: a folder, or true for the last one of the
 * output folder. @throws AttuneError `checkpoint-missing`, `checkpoint-corrupt`, `checkpoint-mismatch`
 */
export async function resume(
  trainer: SFTTrainer,
  values: Values,
  output: OutputFolder,
): Promise<Resumed | undefined> {
  const asked = values.resume_from_checkpoint;
  if (asked == null || asked === false || asked === 'false') return undefined;
  const latest = asked === true || asked === 'true';
  const last = latest ? (await checkpointSteps(output)).at(-1) : undefined;
  if (latest && last === undefined) {
    throw new AttuneError(
      'checkpoint-missing',
      `${values.output_dir} holds no checkpoint to go on from.`,
      'Leave out resume_from_checkpoint, or point it to a checkpoint-N folder.',
    );
  }
  const from = latest ? `checkpoint-${last}` : String(asked);
  const parts = latest
    ? await readCheckpoint(output, from)
    : await readCheckpoint(await diskFolder(from), '');
  const tensors = {} as Record<(typeof roles)[number], Map<string, Float32Array>>;
  for (const role of roles) {
    const file = await readSafetensors(bytesFromMemory(parts.get(`${role}.safetensors`)!, role));
    const missing = [...trainer.trainable.tensors.keys()].find((name) => !file.has(name));
    if (missing || file.names().length !== trainer.trainable.tensors.size) {
      throw new AttuneError(
        'checkpoint-mismatch',
        `${from} was written by a run that trained other tensors${missing ? ` (it has no ${missing})` : ''}.`,
        'Resume with the recipe that the run was started with.',
      );
    }
    tensors[role] = new Map();
    for (const name of file.names()) tensors[role].set(name, await file.float32(name));
  }
  const decode = (name: string) => JSON.parse(new TextDecoder().decode(parts.get(name)));
  const { step, next, microBatches, tokens } = decode('resume.json');
  const at = { step, next, microBatches };
  trainer.restore(tensors, at);
  return { at, tokens, history: decode('trainer_state.json').log_history, from };
}
