"""Writes packages/peft/fixtures/patterns.json: which paths Python's re.fullmatch takes for patterns as people write
them for target_modules, and which patterns it refuses. packages/peft/src/python-pattern.test.ts holds ours to it.

    python scripts/parity/patterns.py
"""

import json
import re
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
paths = [
    "model.embed_tokens",
    "model.layers.0",
    "model.layers.0.self_attn",
    "model.layers.0.self_attn.q_proj",
    "model.layers.0.self_attn.k_proj",
    "model.layers.0.self_attn.v_proj",
    "model.layers.1.self_attn.q_proj",
    "model.layers.1.mlp.gate_proj",
    "model.layers.1.mlp.up_proj",
    "model.layers.10.mlp.down_proj",
    "model.layers.11.mlp.down_proj",
    "model.norm",
    "lm_head",
    "Model.Layers.2.Q_PROJ",
    "a]b",
    "a^b",
    "aab",
    "aaab",
    "x{,2}",
    "tab\tq",
]
patterns = r"""
.*q_proj
.*\.(q|k)_proj
.*(q_proj|v_proj)$
^model\.layers\.\d+\.self_attn\.[qkv]_proj
(?i).*Q_PROJ
(?i)MODEL\.NORM
(?is).*LM_HEAD
(?P<layer>model\.layers\.1).*
(?P<l>[a-z]+)_(?P=l)
.*layers\.(?P<i>\d)(?P=i)\..*
\Amodel\.norm\Z
.*\Z
\Alm_head
.*layers\.\d{1}\..*proj
.*layers\.\d{2,}\..*
.*layers\.[^0]\..*
[]a^]+b
[^]]+_head
a{,2}b
a{2,}b
a{2}b
x{,2}
x\{,2\}
(?:.*)(?#comment)q_proj
.*(?i:Q_PROJ)
.*(?i:[a-f]_PROJ|up_PROJ)
(?i:MODEL).*(?-i:norm)
.*\.(?!q_proj)\w+_proj
.*(?<=self_attn)\.k_proj
.*(?<!self_attn)\.\w+_proj
(?x) .* layers \. 1 \. .*  # the second layer
(?x: model \. norm )
(.)\1b
(a)(a)\2b
\141\141b
\x61+b
\u0061+b
tab\tq
tab[\t]q
model\.(layers\.[01]|norm)(\..*)?
.*\.(?:[0-4])\..*_proj
.+proj|lm_head
[\w.]+
[.\]a]+b
a\^b
a[\^]b
a[b-a]
(
)
a)
(?P<x
(?<x>a)
\q
\Q
\g
*a
a**
a++b
a*+b
(?>a+)b
(?(1)a|b)
[a
(?i
.*(?i)q_proj
\8
(?P=none)a
(?P<1a>b)
a\
(?L)a
(?z)a
""".strip("\n").split("\n")

found = []
for pattern in patterns:
    try:
        compiled = re.compile(pattern)
        matches = [i for i, path in enumerate(paths) if compiled.fullmatch(path)]
        found.append({"pattern": pattern, "matches": matches})
    except (re.error, ValueError) as error:
        found.append({"pattern": pattern, "error": str(error)})
out = Path(__file__).parents[2] / "packages/peft/fixtures/patterns.json"
lines = ",\n".join("    " + json.dumps(one) for one in found)
out.write_text(f'{{\n  "paths": {json.dumps(paths)},\n  "patterns": [\n{lines}\n  ]\n}}\n')
