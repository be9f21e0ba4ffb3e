/** The secrets of webhooks: read once, at the start; never waved through when there is none (§16.9). */
import { readFileSync, statSync } from 'node:fs'
import type { ManagerConfiguration } from '../../config/manager-configuration.ts'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { Roster } from '../model.ts'
import type { ForgeName } from './forges.ts'

export type WebhookSecrets = Readonly<Partial<Record<ForgeName, Buffer>>>

type WebhookSettings = Pick<
  ManagerConfiguration,
  'httpAddr' | 'webhookSecretFile' | 'forgejoSecretFile' | 'gitlabTokenFile'
>

const MOST_BYTES = 64 * 1024

/** Reads what is configured; nothing while there is no server. Throws PEI_IO. */
export function readWebhookSecrets(settings: WebhookSettings): WebhookSecrets {
  const files: Readonly<Record<ForgeName, string>> = {
    github: settings.webhookSecretFile,
    forgejo: settings.forgejoSecretFile,
    gitlab: settings.gitlabTokenFile,
  }
  const given = Object.entries(files).filter(([, path]) => settings.httpAddr !== '' && path !== '')
  return Object.fromEntries(given.map(([forge, path]) => [forge, readSecret(path)]))
}

function readSecret(path: string): Buffer {
  const failed = (reason: string, cause?: unknown) =>
    new PeiError('PEI_IO', `read webhook secret ${path}: ${reason}`, { cause })
  let bytes: Buffer
  try {
    if (statSync(path).size > MOST_BYTES) throw new Error(`larger than ${MOST_BYTES} bytes`)
    bytes = readFileSync(path)
  } catch (error) {
    throw failed(reasonOf(error), error)
  }
  let end = bytes.length
  while (end > 0 && ' \t\r\n'.includes(String.fromCharCode(bytes[end - 1] as number))) end--
  if (end === 0) throw failed('it is empty, and anybody could sign with an empty secret')
  return bytes.subarray(0, end)
}

/**
 * What is missing when recipes take webhooks and no secret is configured: at the start an error of the configuration, after a
 * reload a line in the log, with every webhook refused (§16.24). Undefined when nothing is.
 */
export function missingSecret(settings: WebhookSettings, roster: Roster): string | undefined {
  const { httpAddr, webhookSecretFile, forgejoSecretFile, gitlabTokenFile } = settings
  const asking = roster.recipes.find(({ githubWebhook }) => githubWebhook)
  const hasSecret = `${webhookSecretFile}${forgejoSecretFile}${gitlabTokenFile}` !== ''
  if (httpAddr === '' || asking === undefined || hasSecret) return undefined
  return `[http].webhook_secret_file is required: recipe ${asking.id} has github_webhook = true`
}
