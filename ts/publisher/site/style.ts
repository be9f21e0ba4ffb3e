/** The style sheet of the browse site: wide and narrow, screen and paper. */
import { ground } from './ground.ts'

export const style = `${ground}:root { --width: 62rem; }
html { scroll-padding-top: 5rem; }
p { margin: .4rem 0; max-width: 46rem; }
.lead { font-size: 1.1rem; color: var(--quiet); overflow-wrap: anywhere; }
.version { font: 500 1.15rem var(--mono); color: var(--quiet); margin-left: .5rem; white-space: nowrap; letter-spacing: 0; }
.copy { display: flex; align-items: stretch; gap: .6rem; margin: .8rem 0; }
.copy pre {
  flex: 1; min-width: 0; margin: 0; padding: .7rem .9rem; background: var(--sunken);
  border: 1px solid var(--line); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5;
}
button {
  font: inherit; font-size: .9rem; padding: 0 1rem; min-width: 5.2rem; min-height: 2.75rem; cursor: pointer;
  color: var(--link); background: var(--raised); border: 1px solid var(--line); border-radius: 8px;
}
button:hover { border-color: var(--accent); }
button.done { color: var(--good); }
.card { margin: 1.6rem 0 0; padding: 1.1rem 1.3rem 1.2rem; background: var(--raised); border: 1px solid var(--line); border-radius: 12px; }
.card h2 { margin-top: 0; margin-bottom: .3rem; }
.keys { list-style: none; margin: .9rem 0 0; padding: 0; display: grid; gap: .7rem; }
.keys .print { display: block; font-family: var(--mono); font-size: .95rem; word-spacing: .15em; line-height: 1.6; }
.tag { font-size: .82rem; color: var(--quiet); }
.tag.active { color: var(--good); } .tag.transitioning { color: var(--warn); }
.search { position: sticky; top: 0; z-index: 1; margin: 2.4rem -.5rem 0; padding: .8rem .5rem .6rem; background: var(--ground); }
.search input {
  width: 100%; font: inherit; font-size: 1.05rem; padding: .7rem 1rem; color: var(--text);
  background: var(--raised); border: 1px solid var(--line); border-radius: 10px;
}
.search input:focus { outline: none; border-color: var(--accent); box-shadow: 0 0 0 3px color-mix(in srgb, var(--accent) 25%, transparent); }
.search p { margin: .5rem .2rem 0; }
.letters { display: flex; flex-wrap: wrap; gap: .1rem; margin: .6rem 0 0 -.5rem; }
.letters a { min-width: 2rem; padding: .25rem .5rem; text-align: center; border-radius: 6px; }
.letters a:hover { background: var(--sunken); text-decoration: none; }
.many { content-visibility: auto; contain-intrinsic-size: auto 400rem; }
.group h2 { margin: 1.8rem 0 .3rem; color: var(--quiet); font-size: .95rem; }
.packages { list-style: none; margin: 0; padding: 0; }
.packages li { display: grid; grid-template-columns: minmax(11rem, 15rem) 1fr; gap: 0 1.2rem; padding: .5rem 0; border-top: 1px solid var(--line); }
.packages a { font-weight: 550; overflow-wrap: anywhere; }
.packages .mono { display: block; color: var(--quiet); font-size: .82rem; overflow-wrap: anywhere; }
.packages p { margin: 0; align-self: center; }
dl { display: grid; grid-template-columns: minmax(7rem, 9rem) 1fr; gap: .35rem 1.2rem; margin: 1.2rem 0 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
.relations { list-style: none; margin: 0; padding: 0; columns: 17rem auto; column-gap: 2rem; }
.relations li { break-inside: avoid; padding: .2rem 0; overflow-wrap: anywhere; }
.relations .quiet { margin-left: .35rem; }
details summary { cursor: pointer; padding: .35rem 0; color: var(--link); }
.files { content-visibility: auto; contain-intrinsic-size: auto 40rem; }
.files td { padding: .22rem 1rem .22rem 0; border: 0; }
.files .mono { overflow-wrap: anywhere; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
[hidden] { display: none !important; }
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 2rem; }
  h1 { font-size: 1.6rem; }
  .version { display: block; margin: .2rem 0 0; }
  .copy { flex-direction: column; }
  .packages li { grid-template-columns: 1fr; padding: .7rem 0; }
  .packages p { margin-top: .15rem; }
  .packages a { padding: .1rem 0; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; }
  .letters a { min-width: 2.4rem; padding: .5rem; }
  .versions thead { display: none; } .versions tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .versions td { display: block; padding: .1rem 0; border: 0; text-align: left; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media print { .search, .letters, button, .skip { display: none !important; } body { max-width: none; } }
`
