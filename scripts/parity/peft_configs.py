"""Writes packages/peft/fixtures/peft-configs.json: every key of PEFT's configurations with its default, as
save_pretrained writes it. packages/peft/src/methods.test.ts holds the keys that are known here to it.

    python scripts/parity/peft_configs.py
"""

import json
from dataclasses import MISSING, fields
from pathlib import Path

import peft

configs = {
    "LORA": peft.LoraConfig,
    "PREFIX_TUNING": peft.PrefixTuningConfig,
    "PROMPT_TUNING": peft.PromptTuningConfig,
    "P_TUNING": peft.PromptEncoderConfig,
}


def default(field):
    value = field.default_factory() if field.default is MISSING else field.default
    if hasattr(value, "value"):
        return value.value
    return value if isinstance(value, (type(None), bool, int, float, str, list, dict)) else None


found = {name: {field.name: default(field) for field in fields(config)} for name, config in configs.items()}
out = Path(__file__).parents[2] / "packages/peft/fixtures/peft-configs.json"
out.write_text(json.dumps({"peft": peft.__version__, "configs": found}, indent=1) + "\n")
