"""How the page of a simulation looks: light and dark, wide and narrow, on paper."""

LIGHT = {
    "paper": "#f6f7f9", "card": "#ffffff", "ink": "#1a2029", "soft": "#566070", "edge": "#d9dde3", "bar": "#3b6fb6",
    "pass": "#1a6b3c", "fail": "#b3261e", "open": "#7d5700", "pass-tint": "#e4f3ea", "fail-tint": "#fbe9e7",
    "open-tint": "#fbf1d9", "hollow": "#e6e9ee",
}  # fmt: skip
DARK = {
    "paper": "#11151a", "card": "#1a2028", "ink": "#e6eaf0", "soft": "#a3adba", "edge": "#323b47", "bar": "#77a6e6",
    "pass": "#6fce95", "fail": "#ff9a90", "open": "#eec25c", "pass-tint": "#16301f", "fail-tint": "#3b1c1a",
    "open-tint": "#352a10", "hollow": "#2d3540",
}  # fmt: skip
"""Colours by what they are for. Whatever is text is told apart from its background by 4.5 to 1 or more."""


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


STYLE = f"""
:root{{color-scheme:light dark;{_variables(LIGHT)}}}
@media (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}}
main{{max-width:68rem;margin:0 auto;padding:1.5rem 1rem 3rem}}
h1{{font-size:1.05rem;font-weight:600;margin:0 0 1rem;color:var(--soft)}}
h2{{font-size:1.15rem;margin:0 0 .75rem}}
h3{{font-size:1rem;margin:1rem 0 .25rem}}
p{{margin:.25rem 0}}
section{{background:var(--card);border:1px solid var(--edge);border-radius:.5rem;padding:1.1rem 1.25rem;
margin:0 0 1rem}}
.soft,caption{{color:var(--soft)}}
.verdict{{border-left:.5rem solid var(--tone);background:var(--tint)}}
.verdict h2{{font-size:1.5rem;line-height:1.25;margin:0 0 .4rem}}
.verdict h2 b{{color:var(--tone)}}
.PASS{{--tone:var(--pass);--tint:var(--pass-tint)}}
.FAIL{{--tone:var(--fail);--tint:var(--fail-tint)}}
.INCONCLUSIVE{{--tone:var(--open);--tint:var(--open-tint)}}
.told{{--tone:var(--soft);--tint:var(--hollow)}}
.chip{{display:inline-block;white-space:nowrap;font-size:.8rem;font-weight:600;padding:.05rem .5rem;border-radius:1rem;
color:var(--tone);background:var(--tint);border:1px solid}}
dl{{display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:.6rem 1.25rem;margin:0}}
dt{{color:var(--soft);font-size:.85rem}}
dd{{margin:0}}
table{{border-collapse:collapse;width:100%;font-size:.92rem}}
caption{{text-align:left;font-size:.88rem;padding:0 0 .5rem}}
th,td{{text-align:left;vertical-align:top;padding:.45rem .75rem .45rem 0;border-top:1px solid var(--edge)}}
thead th{{border-top:0;color:var(--soft);font-weight:600;font-size:.82rem}}
tbody th{{font-weight:600}}
code{{font:.85rem/1.4 ui-monospace,"SFMono-Regular",Menlo,"DejaVu Sans Mono",monospace}}
th code{{display:block;color:var(--soft);font-weight:400;font-size:.78rem}}
pre{{margin:.25rem 0;padding:.6rem .75rem;background:var(--hollow);border-radius:.35rem;white-space:pre-wrap}}
.wide tbody th{{min-width:10.5rem}}
.number{{font-variant-numeric:tabular-nums;white-space:nowrap}}
.meter{{display:block;width:7rem;max-width:100%;height:.55rem;margin:.4rem 0 .15rem;border-radius:.3rem;
background:var(--hollow);overflow:hidden}}
.meter i{{display:block;height:100%;background:var(--tone,var(--bar))}}
.meter.long{{width:100%;height:.9rem}}
.small{{font-size:.8rem;color:var(--soft)}}
.bars th{{white-space:nowrap}}
.bars td:nth-child(2){{width:60%}}
.charts{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:1.5rem}}
.chart{{margin:0;display:grid;grid-template:auto 8rem auto/auto 1fr;column-gap:.5rem}}
.chart figcaption{{grid-column:1/3;margin-bottom:.5rem;font-size:.9rem}}
.chart .y{{display:flex;flex-direction:column;justify-content:space-between;text-align:right;line-height:1;
margin:-.4em 0}}
.chart .y,.chart .x{{font-size:.78rem;color:var(--soft);font-variant-numeric:tabular-nums}}
.chart .plot{{border-left:1px solid var(--edge);border-bottom:1px solid var(--edge)}}
.chart .x{{grid-column:2;display:flex;justify-content:space-between;margin-top:.25rem}}
.chart svg{{display:block;width:100%;height:100%}}
.chart rect{{fill:var(--bar)}}
summary{{cursor:pointer;color:var(--soft)}}
footer{{color:var(--soft);font-size:.85rem}}
@media (max-width:44rem){{
main{{padding:1rem .6rem 2rem}}
section{{padding:.9rem .85rem}}
.bars td:nth-child(2){{width:40%}}
dl{{grid-template-columns:1fr 1fr}}
}}
@media screen and (max-width:62rem){{
table.wide,table.wide tbody,table.wide tr,table.wide th,table.wide td{{display:block;padding:0;border:0}}
table.wide caption{{display:block}}
table.wide thead{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
table.wide tr{{border-top:1px solid var(--edge);padding:.6rem 0}}
table.wide td{{display:grid;grid-template-columns:7.5rem 1fr;gap:.5rem;margin-top:.25rem}}
table.wide td::before{{content:attr(data-label);color:var(--soft);font-size:.82rem}}
}}
@media print{{
:root{{color-scheme:light;{_variables(LIGHT)}--paper:#fff}}
html{{font-size:9pt}}
body{{font-size:1rem}}
main{{max-width:none;padding:0}}
tr,dl,.chart,.verdict{{break-inside:avoid}}
h2,caption{{break-after:avoid}}
*{{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
}}
"""
