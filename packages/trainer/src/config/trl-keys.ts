import { joinOtherKeys, type NotDone, type OtherKeys } from '@attune/config';

const gone = (remedy: string): NotDone => ({
  default: undefined,
  why: 'TRL 1.16 does not know it any more',
  remedy,
});

const noQuantisation = (standard: unknown): NotDone => ({
  default: standard,
  why: 'weights are not quantised with bitsandbytes here',
  remedy:
    'Open a GGUF (q4_0, q4_K, q8_0): its weights stay as they are in the file while an adapter trains.',
});

const noBest = (standard: unknown): NotDone => ({
  default: standard,
  why: 'the best checkpoint is not chosen by a metric here',
  remedy: 'Compare eval_loss in metrics.jsonl and take the checkpoint folder of that step.',
});

/**
 * Keys of TRL 1.16 (SFTConfig, ModelConfig, ScriptArguments) that are no keys here, with TRL's defaults. Without effect
 * is what steers devices, precisions, workers, several machines, the hub and terminals of PyTorch.
 */
export const trlKeys: OtherKeys = {
  withoutEffect: {
    dataset_config: null,
    ignore_bias_buffers: false,
    average_tokens_across_devices: true,
    bf16: null,
    fp16: false,
    bf16_full_eval: false,
    fp16_full_eval: false,
    tf32: null,
    activation_checkpointing: null,
    activation_checkpointing_kwargs: null,
    gradient_checkpointing_kwargs: null,
    torch_compile: false,
    torch_compile_backend: null,
    torch_compile_mode: null,
    use_liger_kernel: false,
    liger_kernel_config: null,
    use_cache: false,
    torch_empty_cache_steps: null,
    auto_find_batch_size: false,
    log_on_each_node: true,
    logging_nan_inf_filter: true,
    include_num_input_tokens_seen: 'no',
    log_level: 'passive',
    log_level_replica: 'warning',
    disable_tqdm: null,
    run_name: null,
    project: 'huggingface',
    trackio_space_id: null,
    trackio_bucket_id: null,
    trackio_static_space_id: null,
    prediction_loss_only: false,
    eval_do_concat_batches: true,
    eval_use_gather_object: false,
    eval_accumulation_steps: null,
    include_for_metrics: [],
    batch_eval_metrics: false,
    save_on_each_node: false,
    enable_jit_checkpoint: false,
    push_to_hub: false,
    hub_token: null,
    hub_private_repo: null,
    hub_model_id: null,
    hub_strategy: 'every_save',
    hub_always_push: false,
    hub_revision: null,
    restore_callback_states_from_checkpoint: false,
    full_determinism: false,
    use_cpu: false,
    accelerator_config: null,
    parallelism_config: null,
    dataloader_num_workers: 0,
    dataloader_pin_memory: true,
    dataloader_persistent_workers: false,
    dataloader_prefetch_factor: null,
    dataloader_multiprocessing_context: null,
    dataloader_in_order: true,
    remove_unused_columns: true,
    label_names: null,
    length_column_name: 'length',
    ddp_find_unused_parameters: null,
    ddp_bucket_cap_mb: null,
    ddp_broadcast_buffers: null,
    ddp_static_graph: null,
    ddp_backend: null,
    ddp_timeout: 1800,
    fsdp: null,
    fsdp_config: null,
    deepspeed: null,
    debug: '',
    skip_memory_metrics: true,
    do_train: false,
    do_eval: false,
    do_predict: false,
    local_rank: -1,
    model_init_kwargs: null,
    trust_remote_code: false,
    router_aux_loss_coef: null,
    dataset_num_proc: null,
    padding_free: false,
    pad_to_multiple_of: 'auto',
    activation_offloading: false,
    dtype: 'float32',
    attn_implementation: null,
    lora_task_type: 'CAUSAL_LM',
    env: null,
  },
  notDone: {
    optim_args: {
      default: null,
      why: 'the optimizer takes no further arguments',
      remedy: 'Use adam_beta1, adam_beta2, adam_epsilon and weight_decay.',
    },
    optim_target_modules: {
      default: null,
      why: 'layer-wise optimizers such as GaLore are not done',
      remedy: 'Leave it out, or train a LoRA adapter to save memory.',
    },
    label_smoothing_factor: {
      default: 0,
      why: 'labels are not smoothed',
      remedy: 'Leave it out.',
    },
    neftune_noise_alpha: {
      default: null,
      why: 'no noise is added to embeddings',
      remedy: 'Leave it out, or run this recipe with trl.',
    },
    eval_delay: {
      default: 0,
      why: 'evaluation is not delayed',
      remedy: 'Set eval_strategy and eval_steps, or leave it out.',
    },
    save_only_model: {
      default: false,
      why: 'checkpoints always hold what a run needs to go on',
      remedy: 'Leave it out; save_total_limit bounds the space.',
    },
    ignore_data_skip: {
      default: false,
      why: 'a resumed run always goes on with the batch that would have come',
      remedy: 'Leave it out.',
    },
    load_best_model_at_end: noBest(false),
    metric_for_best_model: noBest(null),
    greater_is_better: noBest(null),
    load_in_8bit: noQuantisation(false),
    load_in_4bit: noQuantisation(false),
    bnb_4bit_quant_type: noQuantisation('nf4'),
    use_bnb_nested_quant: noQuantisation(false),
    bnb_4bit_quant_storage: noQuantisation(null),
    warmup_ratio: gone('Use warmup_steps: below 1 it is a share of all steps.'),
    group_by_length: gone('Leave it out: rows are not padded here.'),
    save_safetensors: gone('Leave it out: safetensors are always written.'),
    max_seq_length: gone('Use max_length.'),
    evaluation_strategy: gone('Use eval_strategy.'),
    no_cuda: gone('Use --device to choose the WebGPU adapter.'),
  },
};

const fixedTemplate = (key: string): NotDone => ({
  default: null,
  why: `the tokenizer's own ${key} is used`,
  remedy: 'Change it in the files beside the model (tokenizer_config.json, chat_template.jinja).',
});

/** Keys of SFTConfig about texts and templates, as far as they are not done. */
export const trlTextKeys: OtherKeys = {
  withoutEffect: {},
  notDone: {
    chat_template_path: fixedTemplate('chat template'),
    eos_token: fixedTemplate('end-of-text token'),
    pad_token: fixedTemplate('padding token'),
    dataset_kwargs: {
      default: null,
      why: 'how rows are prepared has keys of its own here',
      remedy: 'Use completion_only_loss, assistant_only_loss, packing and max_length.',
    },
    truncation_mode: {
      default: 'keep_start',
      why: 'long rows keep their start',
      remedy: 'Shorten rows in the data, or leave it out.',
    },
  },
};

/** TRL's keys of an algorithm whose rows are texts: those of every trainer, and what is its own. */
export const textTrlKeys = (own: OtherKeys = { withoutEffect: {}, notDone: {} }): OtherKeys =>
  joinOtherKeys(trlKeys, trlTextKeys, own);

/** TRL's keys of every trainer, with those about texts that are named. */
export const trlKeysWith = (...texts: readonly string[]): OtherKeys =>
  joinOtherKeys(trlKeys, {
    withoutEffect: {},
    notDone: Object.fromEntries(texts.map((name) => [name, trlTextKeys.notDone[name]!])),
  });
