/** What all our pages stand on: colours in light and dark, type, tables. System fonts only; `--width` is each page's own. */
export const ground = `:root {
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
  margin: 0 auto; max-width: var(--width); padding: 2.5rem 1.5rem 3rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
a { color: var(--link); text-decoration: none; text-underline-offset: .18em; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--raised); z-index: 2; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; font-weight: 650; overflow-wrap: anywhere; }
h2 { margin: 2.6rem 0 .8rem; font-size: 1.05rem; font-weight: 650; }
h2 small { font-weight: 400; color: var(--quiet); font-size: .9rem; margin-left: .4rem; }
.quiet, footer { color: var(--quiet); font-size: .9rem; }
.back { display: inline-block; margin-bottom: 1.4rem; font-size: .95rem; }
code, .mono { font-family: var(--mono); font-size: .9em; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th { text-align: left; font-weight: 500; color: var(--quiet); font-size: .85rem; }
td.number, th.number { text-align: right; padding-right: 0; white-space: nowrap; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem 1rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
`
