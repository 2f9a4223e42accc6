import { basename, dirname, resolve } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { bytesFromMemory, readSafetensors, type TensorData, writeSafetensors } from '@attune/model';
import {
  checkpointSteps,
  diskFolder,
  type ResumePoint,
  readCheckpoint,
  writeCheckpoint,
} from '@attune/trainer';

const roles = ['parameters', 'm', 'v'] as const;
export type TrainedState = Record<(typeof roles)[number], ReadonlyMap<string, Float32Array>>;

/** What a run needs to go on exactly where it stood. */
export interface Checkpoint {
  readonly state: TrainedState;
  readonly resume: ResumePoint;
  readonly tokens: number;
  readonly history: readonly Record<string, number>[];
}

/** Writes `checkpoint-N` into the output folder; resolves to its path. */
export async function saveCheckpoint(
  outputDir: string,
  checkpoint: Omit<Checkpoint, 'history'>,
  more: ReadonlyMap<string, Uint8Array>,
  limit: number | null,
): Promise<string> {
  const tensors = roles.flatMap((role) =>
    [...checkpoint.state[role]].map(
      ([name, data]): TensorData => ({
        name: `${role}/${name}`,
        dtype: 'F32',
        shape: [data.length],
        data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      }),
    ),
  );
  const { resume, tokens } = checkpoint;
  const parts = new Map<string, Uint8Array>([
    ['state.safetensors', writeSafetensors(tensors)],
    ['resume.json', new TextEncoder().encode(`${JSON.stringify({ resume, tokens }, null, 2)}\n`)],
    ...more,
  ]);
  const name = await writeCheckpoint(await diskFolder(outputDir), resume.step, parts, limit);
  return `${outputDir}/${name}`;
}

/**
 * The checkpoint that `resume_from_checkpoint` names: a folder, or `true` for the newest of the output folder.
 * @throws AttuneError `checkpoint-missing`, `checkpoint-corrupt`, `checkpoint-newer`
 */
export async function loadCheckpoint(wanted: string, outputDir: string): Promise<Checkpoint> {
  let folder = outputDir;
  let name: string;
  if (wanted.toLowerCase() === 'true') {
    const steps = await checkpointSteps(await diskFolder(outputDir));
    if (steps.length === 0) {
      throw new AttuneError(
        'checkpoint-missing',
        `${outputDir} holds no checkpoint.`,
        'Leave out resume_from_checkpoint to begin anew, or name the checkpoint folder.',
      );
    }
    name = `checkpoint-${steps.at(-1)}`;
  } else {
    folder = dirname(resolve(wanted));
    name = basename(resolve(wanted));
  }
  const parts = await readCheckpoint(await diskFolder(folder), name);
  const state = { parameters: new Map(), m: new Map(), v: new Map() } as Record<
    (typeof roles)[number],
    Map<string, Float32Array>
  >;
  const file = await readSafetensors(
    bytesFromMemory(part(parts, name, 'state.safetensors'), `${name}/state.safetensors`),
  );
  for (const key of file.names()) {
    const [role, ...rest] = key.split('/');
    state[role as 'm']?.set(rest.join('/'), await file.float32(key));
  }
  const read = (file: string) => JSON.parse(new TextDecoder().decode(part(parts, name, file)));
  const { resume, tokens } = read('resume.json');
  return { state, resume, tokens, history: read('trainer_state.json').log_history };
}

function part(parts: ReadonlyMap<string, Uint8Array>, name: string, file: string): Uint8Array {
  const found = parts.get(file);
  if (found) return found;
  throw new AttuneError(
    'checkpoint-corrupt',
    `${name} holds no ${file}.`,
    'Go on from a checkpoint that attune sft or attune pretrain wrote.',
  );
}
