"""How does a viewer become one HTML file that needs no network and no Python?"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

# In the order in which they build on each other.
SCRIPTS = ("scoring", "blending", "cases", "keys", "painting", "panel", "stage", "viewer")
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
# The browser itself sees to it that the page asks nothing of any network.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; background: light-dark(#fff, #17191c); }}
body {{ margin: 0 auto; max-width: 90rem; }}
h1 {{ margin: 0.5rem; font: 600 18px/1.4 system-ui, sans-serif; color: light-dark(#111, #eee); }}
{style}</style>
</head>
<body>
<h1>{title}</h1>
<main></main>
{data}
<script type="module">
{script}
openPage();
</script>
</body>
</html>
"""


def _web(name: str) -> str:
    return (files("seglib.viewer") / "web" / name).read_text(encoding="utf-8")


@cache
def script(*names: str) -> str:
    """The modules of the viewer as one: each without its imports, after what it imports."""
    return "\n".join(_IMPORT.sub("", _web(f"{name}.js")) for name in names or SCRIPTS)


@cache
def style() -> str:
    """The style sheet."""
    return _web("viewer.css")


def render_page(title: str, state: dict, cases: Iterable[dict]) -> str:
    """The viewer with some cases as one HTML page.

    Parameters
    ----------
    title
        Heading of the page.
    state
        What the widget would send, by the names of its traits.
    cases
        Packed cases, in the order of the setup's rows; each goes into an element of its own and
        is unpacked when it is opened.
    """
    packed = {"state": state} | {f"case-{i}": case for i, case in enumerate(cases)}
    data = "\n".join(
        f'<script type="application/json" id="{name}">{_json(value)}</script>'
        for name, value in packed.items()
    )
    body = script(*SCRIPTS, "page")
    return PAGE.format(title=html.escape(title), style=style(), data=data, script=body)


def _json(value: dict) -> str:
    """JSON that cannot end the element it stands in; bytes become base64."""
    text = json.dumps(value, default=lambda data: base64.b64encode(data).decode(), allow_nan=False)
    return text.replace("<", "\\u003c")
