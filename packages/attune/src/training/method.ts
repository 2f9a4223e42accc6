import { AttuneError } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import {
  type BottleneckPreset,
  bitFitTuning,
  encoderFile,
  fullTuning,
  isEvaluated,
  isLora,
  type LoraMethod,
  loraTuning,
  type TuningMethod,
} from '@attune/peft';
import { biased, findAdapter, modelForBiases } from '../adapter.ts';
import { usageError, type Values } from '../command-line/option.ts';
import { newBottleneck } from './bottleneck.ts';
import { newVirtual } from './virtual-tokens.ts';

/** What trains, from which values, and the adapter's config if one was read. */
export interface ChosenMethod {
  /** The model that it is for: the opened one, or that with what the method adds to its layers. */
  readonly model: OpenModel;
  readonly method: TuningMethod;
  /** The same, where it is LoRA. */
  readonly lora?: LoraMethod;
  readonly values?: ReadonlyMap<string, Float32Array>;
  readonly adapterConfig?: Record<string, unknown>;
}

/** An adapter (new, or one that goes on), the biases, or all parameters, as the recipe says. */
export async function chooseMethod(values: Values, opened: OpenModel): Promise<ChosenMethod> {
  const type = values.peft_type;
  const path = values.adapter_name_or_path;
  if (path !== undefined) {
    const model = await modelForBiases(opened, String(path));
    const adapter = await findAdapter(String(path), model);
    const { method, config } = adapter;
    if (type != null && type !== method.kind) {
      throw usageError(
        'bad-value',
        `peft_type is ${type}, but the adapter in ${path} is of the kind ${method.kind}.`,
        'Leave out one of the two.',
      );
    }
    if (isEvaluated(method)) {
      throw new AttuneError(
        'encoder-missing',
        `The adapter in ${path} has only what an encoder made, not the encoder (${encoderFile}).`,
        `Start from a folder that attune left, put the encoder's weights beside as ${encoderFile}, or begin anew without adapter_name_or_path.`,
      );
    }
    return { model, ...named(method), values: adapter.values, adapterConfig: config };
  }
  const model = type === 'BITFIT' && values.add_biases === true ? biased(opened) : opened;
  return { model, ...named(await newMethod(values, model)) };
}

const named = (method: TuningMethod) => ({ method, ...(isLora(method) && { lora: method }) });

/** For trainers that know all parameters and LoRA. @throws AttuneError `unsupported-adapter` */
export function onlyLora(chosen: ChosenMethod): ChosenMethod {
  const { kind } = chosen.method;
  if (kind === 'FULL' || kind === 'LORA') return chosen;
  throw new AttuneError(
    'unsupported-adapter',
    `The adapter is of the kind ${kind}; this trainer goes on with LoRA only.`,
    'Use attune sft for it, or a LoRA adapter here.',
  );
}

async function newMethod(values: Values, model: OpenModel): Promise<TuningMethod> {
  const { config } = model;
  const preset = values.adapter_config;
  if (preset != null && (values.peft_type != null || values.use_peft === true)) {
    throw usageError(
      'bad-value',
      `adapter_config ${preset} and ${values.peft_type ?? 'use_peft'} are two ways to tune.`,
      'Leave out one of the two.',
    );
  }
  if (preset != null) return newBottleneck(preset as BottleneckPreset, values, config);
  const type = values.peft_type ?? (values.use_peft === true ? 'LORA' : 'FULL');
  switch (type) {
    case 'LORA':
      return newLora(values, config);
    case 'BITFIT':
      return bitFitTuning(config);
    case 'PREFIX_TUNING':
    case 'PROMPT_TUNING':
    case 'P_TUNING':
      return newVirtual(type as 'P_TUNING', values, model);
    default:
      idleKeys(values);
      return fullTuning(config);
  }
}

/** Keys of a method that is not named would be read by nobody. @throws AttuneError `missing-key` */
function idleKeys(values: Values): void {
  const wants = { num_virtual_tokens: 'peft_type', reduction_factor: 'adapter_config' };
  for (const [key, wanted] of Object.entries(wants)) {
    if (values[key] == null) continue;
    throw usageError(
      'missing-key',
      `${key} is ${values[key]}, but no ${wanted} says what it belongs to.`,
      `Set ${wanted}, or leave ${key} out to train all parameters.`,
    );
  }
}

function newLora(values: Values, config: OpenModel['config']): TuningMethod {
  const saved = values.lora_modules_to_save as string[] | null | undefined;
  return loraTuning(
    config,
    {
      targetModules: targets(values.lora_target_modules),
      r: Number(values.lora_r),
      loraAlpha: Number(values.lora_alpha),
      loraDropout: Number(values.lora_dropout),
      useRslora: values.use_rslora === true,
      modulesToSave: saved ?? null,
      ...(values.lora_task_type === 'SEQ_CLS' && { taskType: 'SEQ_CLS' as const }),
    },
    Number(values.seed ?? 42),
  );
}

/** A single expression is a pattern for whole paths, as in PEFT; names are a list. */
function targets(value: unknown): string | readonly string[] {
  const list = (value ?? ['q_proj', 'v_proj']) as readonly string[];
  const [only] = list;
  return list.length === 1 && /[()[\]{}\\^$*+?|]/.test(only!) ? only! : list;
}
