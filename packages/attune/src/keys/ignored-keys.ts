/**
 * Keys of TRL 1.16 (SFTConfig, ModelConfig, ScriptArguments) that steer what does not exist here: devices and
 * precisions of PyTorch, workers, several machines, the hub, terminals. They are taken, so that a recipe runs in
 * both places, and named once with --verbose.
 */
export const ignoredKeys: ReadonlySet<string> = new Set(
  `dataset_config ignore_bias_buffers optim_args optim_target_modules average_tokens_across_devices
  bf16 fp16 bf16_full_eval fp16_full_eval tf32 activation_checkpointing activation_checkpointing_kwargs
  gradient_checkpointing_kwargs torch_compile torch_compile_backend torch_compile_mode use_liger_kernel
  liger_kernel_config use_cache torch_empty_cache_steps auto_find_batch_size log_on_each_node
  logging_nan_inf_filter include_num_input_tokens_seen log_level log_level_replica disable_tqdm run_name project
  trackio_space_id trackio_bucket_id trackio_static_space_id eval_delay prediction_loss_only
  eval_do_concat_batches eval_use_gather_object eval_accumulation_steps include_for_metrics batch_eval_metrics
  save_only_model save_on_each_node enable_jit_checkpoint push_to_hub hub_token hub_private_repo hub_model_id
  hub_strategy hub_always_push hub_revision ignore_data_skip restore_callback_states_from_checkpoint
  full_determinism use_cpu accelerator_config parallelism_config dataloader_num_workers dataloader_pin_memory
  dataloader_persistent_workers dataloader_prefetch_factor dataloader_multiprocessing_context
  dataloader_in_order remove_unused_columns label_names length_column_name ddp_find_unused_parameters
  ddp_bucket_cap_mb ddp_broadcast_buffers ddp_static_graph ddp_backend ddp_timeout fsdp fsdp_config deepspeed
  debug skip_memory_metrics do_train do_eval do_predict local_rank model_init_kwargs trust_remote_code
  router_aux_loss_coef dataset_kwargs dataset_num_proc truncation_mode padding_free pad_to_multiple_of
  activation_offloading dtype attn_implementation lora_task_type env`.split(/\s+/),
);
