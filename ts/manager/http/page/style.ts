/** The style sheet of the page: that of the browse site below, then what only a status page shows; wide and narrow. */
import { ground } from '../../../publisher/site/ground.ts'

export const style = `${ground}:root { --width: 66rem; }
.over { margin: 0 0 .2rem; color: var(--quiet); font-size: .95rem; }
p { margin: .4rem 0; max-width: 46rem; overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; margin-top: .6rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
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
th, td { overflow-wrap: anywhere; }
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
