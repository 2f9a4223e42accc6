"""Reads every recipe of the repository with TRL's own parser: a key that TRL does not know, or a value that it refuses,
ends the run with 1. What a recipe is for stands in its head: `trl sft --config ...`, or the name of an experimental config.

    python3 scripts/parity/recipes.py            (TRL 1.16; nothing is downloaded or trained)
"""

import os
import pathlib
import re
import sys
import tempfile

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
from trl import (  # noqa: E402
    DatasetMixtureConfig,
    DPOConfig,
    KTOConfig,
    ModelConfig,
    RewardConfig,
    ScriptArguments,
    SFTConfig,
    TrlParser,
)
from trl.experimental.cpo import CPOConfig  # noqa: E402
from trl.experimental.orpo import ORPOConfig  # noqa: E402

configs = {"sft": SFTConfig, "dpo": DPOConfig, "kto": KTOConfig, "reward": RewardConfig}
experimental = {"ORPOConfig": ORPOConfig, "CPOConfig": CPOConfig}


def config_of(text):
    command = re.search(r"trl (sft|dpo|kto|reward) --config", text)
    if command:
        return configs[command[1]]
    named = re.search(r"\b(ORPOConfig|CPOConfig)\b", text)
    return named and experimental[named[1]]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    files = [p for p in sorted(root.glob("packages/*/recipes/*.yaml")) + sorted(root.glob("docs/**/*.yaml"))]
    failed = 0
    for file in files:
        text = file.read_text()
        config = config_of(text)
        name = file.relative_to(root)
        if config is None:
            print(f"{name}: names no command of TRL's")
            failed += 1
            continue
        parser = TrlParser((ScriptArguments, config, ModelConfig, DatasetMixtureConfig))
        try:
            with tempfile.TemporaryDirectory() as out:
                _, args, model, data = parser.parse_args_and_config(["--config", str(file), "--output_dir", out])
        except (Exception, SystemExit) as error:  # noqa: BLE001
            print(f"{name}: {type(error).__name__}: {error}")
            failed += 1
            continue
        lora = f"LoRA r {model.lora_r}" if model.use_peft else "all parameters"
        print(f"{name}: {config.__name__}, {lora}, rate {args.learning_rate}, {[entry.data_files for entry in data.datasets]}")
    print(f"{len(files) - failed} of {len(files)} recipes are read by TRL")
    sys.exit(1 if failed or not files else 0)


if __name__ == "__main__":
    main()
