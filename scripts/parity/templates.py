"""Renders every chat template of TRL's wheel with transformers, for templates.mjs to compare:

    pip install transformers trl
    python scripts/parity/templates.py TEMPLATES.json [--record]

The file holds the templates' text too, so it stays outside the repository. With --record the answers to the small
templates of our own are written beside them, into packages/tokenizer/fixtures/jinja.json, where its tests read them.
"""

import json
import sys
from pathlib import Path

import transformers
import trl
from transformers import PreTrainedTokenizerFast

here = Path(__file__).parent
cases = json.loads((here / "template-cases.json").read_text())
names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
tokenizer = PreTrainedTokenizerFast(
    tokenizer_file=str(here / "../../packages/tokenizer/fixtures/tokenizer.json"), **names
)

wheel = Path(trl.__file__).parent / "chat_templates"
# Text mode would turn \r\n into \n, which is the renderer's task.
templates = {
    path.stem: path.read_bytes().decode() for path in sorted(wheel.glob("*.jinja"))
}
windows = {
    f"{name} with CRLF": text.replace("\r\n", "\n").replace("\n", "\r\n")
    for name, text in templates.items()
}
# Small templates of our own, for what the wheel's do not use; one conversation is enough for each.
snippets_file = here / "../../packages/tokenizer/fixtures/jinja.json"
snippets = [source for source, _ in json.loads(snippets_file.read_text())]
named = [("qwen2_5", "qwen3"), ("llama3", "llama3_1"), ("gemma", "deepseekv3")]


def render(template, case):
    try:
        text = tokenizer.apply_chat_template(
            case["messages"],
            tools=case.get("tools"),
            chat_template=template,
            add_generation_prompt=case.get("add_generation_prompt", False),
            tokenize=False,
            **case.get("kwargs", {}),
        )
    except Exception as error:  # whatever Python raises, we must refuse
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    return {"text": text, "generated": spans(template, case)}


def spans(template, case):
    """Where the assistant wrote, in characters: what return_assistant_tokens_mask works from."""
    from transformers.utils import chat_template_utils as utils

    if not isinstance(template, str) or "generation" not in template:
        return None
    found = []
    original = utils._render_with_assistant_indices

    def watched(*args, **kwargs):
        text, indices = original(*args, **kwargs)
        found.extend(indices)
        return text, indices

    utils._render_with_assistant_indices = watched
    try:
        tokenizer.apply_chat_template(
            case["messages"],
            tools=case.get("tools"),
            chat_template=template,
            add_generation_prompt=case.get("add_generation_prompt", False),
            return_assistant_tokens_mask=True,
            return_dict=True,
            **case.get("kwargs", {}),
        )
    finally:
        utils._render_with_assistant_indices = original
    return found


def named_render(default, with_tools, case):
    tokenizer.chat_template = {"default": templates[default], "tool_use": templates[with_tools]}
    try:
        return render(None, case)
    finally:
        tokenizer.chat_template = None


rendered = {}
for name, source in {**templates, **windows}.items():
    rendered[name] = {
        "template": source,
        "cases": {case: render(source, value) for case, value in cases.items()},
    }
for default, with_tools in named:
    rendered[f"named: {default} and {with_tools}"] = {
        "template": [
            {"name": "default", "template": templates[default]},
            {"name": "tool_use", "template": templates[with_tools]},
        ],
        "cases": {case: named_render(default, with_tools, value) for case, value in cases.items()},
    }

for source in snippets:
    rendered[f"snippet: {source}"] = {
        "template": source,
        "cases": {"plain": render(source, cases["plain"])},
    }

if "--record" in sys.argv:
    answers = {name: entry["cases"]["plain"].get("text") for name, entry in rendered.items()}
    lines = [json.dumps([source, answers[f"snippet: {source}"]]) for source in snippets]
    snippets_file.write_text("[\n" + ",\n".join(lines) + "\n]\n")

Path(sys.argv[1]).write_text(
    json.dumps(
        {
            "versions": {"transformers": transformers.__version__, "trl": trl.__version__},
            "names": names,
            "rendered": rendered,
        }
    )
)
counts = [result for entry in rendered.values() for result in entry["cases"].values()]
print(f"{len(rendered)} templates, {len(counts)} cases: "
      f"{sum('text' in c for c in counts)} rendered, {sum('error' in c for c in counts)} refused")
