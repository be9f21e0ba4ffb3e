/** A farm for the examples. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFarm } from '../manager/farm.ts'
import { signingKey } from '../recipes.ts'

/** Recipes, a key, a configuration and an upstream, in a directory of the home directory. */
export function prepareFarm(home: string, name: string): void {
  const directory = join(home, name)
  mkdirSync(directory)
  createFarm(directory)
}

/** Gives its configuration a server at the port of the page, and, where asked for, the secret that lies in the home directory. */
export function takeWebhooks(
  home: string,
  name: string,
  ports: ReadonlyMap<string, string>,
  webhooks: boolean,
): void {
  const path = join(home, name, 'config.toml')
  const secret = webhooks ? 'webhook_secret_file = "webhook-secret"\n' : ''
  const http = `[http]\naddr = "127.0.0.1:${ports.get('8080')}"\n${secret}`
  writeFileSync(path, `${readFileSync(path, 'utf8')}${http}`)
}

/** A new key would have another fingerprint each time. */
export function placeKey(path: string): void {
  copyFileSync(signingKey, path)
  chmodSync(path, 0o600)
}
