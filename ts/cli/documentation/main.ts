/** What is generated from the command definitions: run by tools/documentation.mjs, which writes it. */
import { program as peipkg } from '../peipkg/program.ts'
import { program as peipkgBuild } from '../peipkg-build/program.ts'
import { program as peipkgFarm } from '../peipkg-farm/program.ts'
import { program as peipkgRepo } from '../peipkg-repo/program.ts'
import { manPages } from './man.ts'
import { managerPage, managerReference } from './manager.ts'
import { reference } from './reference.ts'

export const programs = [peipkg, peipkgBuild, peipkgFarm, peipkgRepo]

/** Path below the package → text. */
export async function documents(): Promise<ReadonlyMap<string, string>> {
  const pages = [...(await manPages(programs))].map(([name, text]) => [`dist/man/${name}`, text] as const)
  return new Map([
    ['docs/reference.md', `${await reference(programs)}\n${managerReference()}`],
    ['dist/man/peipkg-manager.1', managerPage()],
    ...pages,
  ])
}
