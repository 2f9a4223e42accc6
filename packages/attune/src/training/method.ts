import type { OpenModel } from '@attune/model';
import { fullTuning, type LoraMethod, loraTuning, type TuningMethod } from '@attune/peft';
import type { Values } from '../command-line/option.ts';
import { findAdapter } from '../session.ts';

/** What trains, from which values, and the adapter's config if one was read. */
export interface ChosenMethod {
  readonly method: TuningMethod;
  readonly lora?: LoraMethod;
  readonly values?: ReadonlyMap<string, Float32Array>;
  readonly adapterConfig?: Record<string, unknown>;
}

/** LoRA (new, or an adapter that goes on) or all parameters, as the recipe says. */
export async function chooseMethod(values: Values, model: OpenModel): Promise<ChosenMethod> {
  if (values.adapter_name_or_path !== undefined) {
    const adapter = await findAdapter(String(values.adapter_name_or_path), model);
    const { method, config } = adapter;
    return { method, lora: method, values: adapter.values, adapterConfig: config };
  }
  if (values.use_peft !== true) return { method: fullTuning(model.config) };
  const saved = values.lora_modules_to_save as string[] | null | undefined;
  const lora = loraTuning(
    model.config,
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
  return { method: lora, lora };
}

/** A single expression is a pattern for whole paths, as in PEFT; names are a list. */
function targets(value: unknown): string | readonly string[] {
  const list = (value ?? ['q_proj', 'v_proj']) as readonly string[];
  const [only] = list;
  return list.length === 1 && /[()[\]{}\\^$*+?|]/.test(only!) ? only! : list;
}
