/** The pages for people, and the logs; loaded when somebody looks. Nothing here changes anything. */
import { createReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Html } from '../../../publisher/site/html.ts'
import type { HistoryEntry, Manager } from '../../model.ts'
import { begin, plainText, send, sendNotFound } from '../answer.ts'
import { framed, policy } from './frame.ts'
import { overview } from './overview.ts'
import { recipePage } from './recipe.ts'

const RECENT = 20
const OF_ONE_RECIPE = 50

/** `part`: the decoded words of the path, none for the first page. */
export async function answerPart(
  part: readonly string[],
  response: ServerResponse,
  manager: Manager,
): Promise<void> {
  const [kind, recipe = '', log = '', ...more] = part
  if (kind === undefined) {
    sendPage(response, manager.status().farmId, await overviewOf(manager))
  } else if (kind === 'recipes' && part.length === 2) {
    const page = await recipeOf(manager, recipe)
    if (page === undefined) sendNotFound(response)
    else sendPage(response, `${recipe} – ${manager.status().farmId}`, page)
  } else if (kind === 'logs' && more.length === 0) {
    await sendLog(response, await manager.logPath(recipe, log))
  } else {
    sendNotFound(response)
  }
}

function sendPage(response: ServerResponse, title: string, main: Html): void {
  send(response, 200, 'text/html; charset=utf-8', framed(title, main), { 'Content-Security-Policy': policy })
}

async function overviewOf(manager: Manager): Promise<Html> {
  const recent = await manager.history(undefined, RECENT)
  return overview({
    status: manager.status(),
    roster: manager.roster(),
    recent,
    keptLogs: await keptLogs(manager, recent),
    now: Date.now(),
  })
}

/** Which logs of these builds are still there. */
async function keptLogs(manager: Manager, builds: readonly HistoryEntry[]): Promise<ReadonlySet<string>> {
  const recipes = [...new Set(builds.map(({ recipe }) => recipe))]
  const names = recipes.map(async (recipe) => {
    return (await manager.logs(recipe)).map(({ name }) => `${recipe}/${name}`)
  })
  return new Set((await Promise.all(names)).flat())
}

/** Undefined when there is no such recipe. */
async function recipeOf(manager: Manager, id: string): Promise<Html | undefined> {
  const recipe = manager.roster().recipes.find((entry) => entry.id === id)
  if (recipe === undefined) return undefined
  const [history, logs] = await Promise.all([manager.history(id, OF_ONE_RECIPE), manager.logs(id)])
  return recipePage({ recipe, status: manager.status(), history, logs, now: Date.now() })
}

/** The bytes as the build printed them: as plain text a browser obeys nothing in them. */
async function sendLog(response: ServerResponse, path: string | undefined): Promise<void> {
  if (path === undefined) {
    sendNotFound(response)
    return
  }
  const file = createReadStream(path)
  try {
    await new Promise((resolve, reject) => file.once('open', resolve).once('error', reject))
  } catch {
    // Removed since it was listed: only the newest are kept.
    sendNotFound(response)
    return
  }
  begin(response, plainText, { 'Content-Security-Policy': "default-src 'none'; sandbox" })
  await pipeline(file, response)
}
