// Every row of the table, in its order.
import { bigInstall, bigPack, bigVerify } from './big.mjs'
import { installDurable, installTmpfs, upgradeDurable } from './install.mjs'
import { startRows, verifyInstalled } from './installed.mjs'
import { memory } from './memory.mjs'
import { publishOne, verifyHashes } from './repository.mjs'
import { resolver } from './resolver.mjs'
import { scaleRows } from './scale.mjs'

export const rows = [
  ...[installTmpfs, installDurable, upgradeDurable],
  ...[bigInstall, bigVerify, bigPack],
  ...[verifyInstalled, ...startRows],
  ...[publishOne, verifyHashes],
  ...[...scaleRows, resolver, memory],
]
