"""The frame of the report: one file that opens offline, without scripts, in light and dark."""

import html
from dataclasses import dataclass

STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5d6675; --paper: #ffffff; --line: #dfe3ea;
  --accent: #1f6feb; --good: #1a7f4b; --bad: #b3403a; --mild: #c9d3e2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9aa4b2; --paper: #14171d; --line: #2c323d;
  --accent: #6cb0ff; --good: #55c98a; --bad: #f08a80; --mild: #3b4557; } }
body { font: 15px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p.lead { font-size: 1.05rem; } p.soft, figcaption, caption { color: var(--soft); }
pre { background: color-mix(in srgb, var(--mild) 35%, transparent); padding: .8rem 1rem; border-radius: 6px;
  overflow-x: auto; font-size: .85rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; } caption { text-align: left; padding-bottom: .3rem; }
th, td { padding: .28rem .8rem .28rem 0; border-bottom: 1px solid var(--line); text-align: left; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } tr.best td { font-weight: 600; color: var(--good); }
figure { margin: .5rem 0 1rem; } svg { width: 100%; height: auto; font-size: 12px; } svg text { fill: var(--ink); }
svg .axis { fill: var(--soft); } svg .grid { stroke: var(--line); fill: none; }
svg .line { stroke: var(--accent); stroke-width: 2; fill: none; } svg .whisker { stroke: var(--ink); stroke-width: 2; }
svg .complete { fill: var(--accent); } svg .pruned { fill: var(--mild); } svg .failed { fill: var(--bad); }
svg .duplicate { fill: var(--soft); } svg .bar { fill: var(--mild); } svg .winner { fill: var(--good); }
"""


@dataclass(frozen=True)
class Section:
    """A heading and its content, HTML already."""

    title: str
    body: str


def page(title: str, lead: str, sections: list[Section], foot: str) -> str:
    """The whole document. `title`, `lead` and `foot` are text; empty sections are left out."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>",
        f'<h1>{html.escape(title)}</h1><p class="lead">{html.escape(lead)}</p>',
    ]
    for section in sections:
        if section.body:
            parts.append(f"<section><h2>{html.escape(section.title)}</h2>{section.body}</section>")
    parts.append(f'<p class="soft">{html.escape(foot)}</p></body></html>')
    return "\n".join(parts) + "\n"


def figure(chart: str, caption: str) -> str:
    """A chart with what it shows; nothing for an empty chart."""
    return f"<figure>{chart}<figcaption>{html.escape(caption)}</figcaption></figure>" if chart else ""


def paragraph(text: str) -> str:
    """A paragraph of text."""
    return f"<p>{html.escape(text)}</p>" if text else ""


def wide(table: str) -> str:
    """A table that may scroll sideways."""
    return f'<div class="wide">{table}</div>'


def code(text: str) -> str:
    """Text as it stands in a file."""
    return f"<pre>{html.escape(text)}</pre>"
