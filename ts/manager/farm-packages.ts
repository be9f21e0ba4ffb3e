/** The packages that a farm built for this manager: fetched, looked at, and signed here (`[farm]`). */
import type { ExecutionView } from '../farm/api/execution.ts'
import type { Connection } from '../farm/client/connection.ts'
import { fetchArtifact } from '../farm/client/fetch-artifact.ts'
import { PeiError, reasonOf } from '../native/errors.ts'
import { inspectPackage, signPackage } from '../native/packages.ts'
import type { Context } from './context.ts'
import type { Job } from './judge.ts'

export interface FarmBuilt {
  /** File names, sorted. */
  readonly outputs: readonly string[]
  /** Of the build, as the manifests have it. */
  readonly timestamp: string
}

/** Into the directory `stage`, signed. Throws PEI_MANAGER_CHILD with the farm's result. */
export async function collect(
  { settings }: Context,
  connection: Connection,
  { recipe, version }: Job,
  views: readonly ExecutionView[],
  stage: string,
): Promise<FarmBuilt> {
  const failed = views.find(({ result }) => result?.kind !== 'exited' || result.code !== 0)
  const fail = (message: string) =>
    new PeiError('PEI_MANAGER_CHILD', `farm build ${recipe.id} ${version}: ${message}`)
  if (failed !== undefined) throw fail(`${failed.result_text} on ${failed.platform} (${failed.execution})`)
  const outputs = new Map<string, string>()
  let timestamp = ''
  for (const { execution, artifacts } of views) {
    for (const artifact of artifacts.filter(({ name }) => /^[^/]+\.peipkg$/.test(name))) {
      const known = outputs.get(artifact.name)
      if (known === artifact.sha256) continue
      if (known !== undefined) throw fail(`two platforms made different ${artifact.name}`)
      const path = await fetchArtifact(connection, execution, artifact, stage)
      timestamp = await check(path, artifact.name, version).catch((error: unknown) => {
        throw fail(reasonOf(error))
      })
      await signPackage({ path, out: path, signKey: settings.signingKeyFile })
      outputs.set(artifact.name, artifact.sha256)
    }
  }
  if (outputs.size === 0) throw fail('no .peipkg files came back')
  return { outputs: [...outputs.keys()].sort(), timestamp }
}

/** A farm is not trusted to say what it built. Returns the time of the build. */
async function check(path: string, file: string, version: string): Promise<string> {
  const { manifest: text } = await inspectPackage(path)
  const manifest = JSON.parse(text) as Readonly<Record<'name' | 'version' | 'architecture', string>> & {
    readonly build: { readonly timestamp: string }
  }
  const own = `${manifest.name}_${manifest.version}_${manifest.architecture}.peipkg`
  if (own !== file) throw new Error(`${file} is the package ${own}`)
  if (manifest.version !== version) throw new Error(`${file} is not of version ${version}`)
  return manifest.build.timestamp
}
