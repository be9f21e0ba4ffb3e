/** The style sheet of the page, in the colours of the browse site: light and dark, wide and narrow. System fonts only. */
export const style = `:root {
  color-scheme: light dark;
  --ground: #fbfaf8; --raised: #ffffff; --sunken: #f2f0ec; --line: #e2dfd8;
  --text: #23262b; --quiet: #60656e; --link: #285f96; --accent: #3a6ea5; --good: #2f7049; --bad: #a8362c; --warn: #8a560c;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15171a; --raised: #1c1f23; --sunken: #22262b; --line: #31363d;
    --text: #dfe2e6; --quiet: #9aa1ab; --link: #8bb8e6; --accent: #6ea3d8; --good: #83c29c; --bad: #f0938a; --warn: #dcab62;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 66rem; padding: 2.5rem 1.5rem 3rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
a { color: var(--link); text-decoration: none; text-underline-offset: .18em; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--raised); z-index: 2; }
.over { margin: 0 0 .2rem; color: var(--quiet); font-size: .95rem; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; font-weight: 650; overflow-wrap: anywhere; }
h2 { margin: 2.6rem 0 .8rem; font-size: 1.05rem; font-weight: 650; }
h2 small { font-weight: 400; color: var(--quiet); font-size: .9rem; margin-left: .4rem; }
p { margin: .4rem 0; max-width: 46rem; overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; margin-top: .6rem; }
.quiet, footer { color: var(--quiet); font-size: .9rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.back { display: inline-block; margin-bottom: 1.4rem; font-size: .95rem; }
code, .mono { font-family: var(--mono); font-size: .9em; overflow-wrap: anywhere; }
.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 1px; margin: 1.8rem 0 0; padding: 0;
  background: var(--line); border: 1px solid var(--line); border-radius: 12px; overflow: hidden;
}
.facts div { background: var(--raised); padding: .8rem 1rem; }
.facts dt { color: var(--quiet); font-size: .85rem; }
.facts dd { margin: .1rem 0 0; font-size: 1.1rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.facts dd small { display: block; font-size: .82rem; color: var(--quiet); }
.pairs { display: grid; grid-template-columns: minmax(8rem, 11rem) 1fr; gap: .35rem 1.2rem; margin: 1.4rem 0 0; }
.pairs dt { color: var(--quiet); } .pairs dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
.attention { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 12px; background: var(--raised); }
.attention li { padding: .7rem 1rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.attention li:first-child { border-top: 0; }
.attention .why { display: block; font: .85rem/1.5 var(--mono); color: var(--quiet); white-space: pre-wrap; }
.attention b { font-weight: 600; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th { text-align: left; font-weight: 500; color: var(--quiet); font-size: .85rem; }
th, td { padding: .45rem 1rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; padding-right: 0; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.when { white-space: nowrap; }
.recipes tbody { content-visibility: auto; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; }
@media (max-width: 44rem) {
  body { padding: 1.5rem 1rem 2rem; }
  h1 { font-size: 1.6rem; }
  .pairs { grid-template-columns: 1fr; gap: 0; } .pairs dd { margin-bottom: .6rem; }
  table, tbody { display: block; } thead { position: absolute; left: -999rem; }
  tr { display: block; padding: .6rem 0; border-bottom: 1px solid var(--line); }
  td, td.number { display: block; padding: .1rem 0; border: 0; text-align: left; white-space: normal; }
  td:first-child { font-weight: 600; }
  td:empty { display: none; }
  td[data-name]::before { content: attr(data-name) " "; color: var(--quiet); font-size: .85rem; }
  footer a, footer span { padding: .45rem 0; }
}
@media print { .skip { display: none; } body { max-width: none; } }
`
