// Loads a bundle together with what the engine made of it when it was built: compiling a program takes longer than most
// queries. The engine refuses the work of another version of itself, or under other options, and compiles anew. Bundled into
// every entry (`bundle.mjs`), and used by `compile.mjs`, since both must hand the engine the same text.
const { readFileSync } = require('node:fs')
const { dirname } = require('node:path')
const { Script } = require('node:vm')

/** The script of the CommonJS file at `path`, and its exports; `load` is the `require` that it is given. */
exports.run = (path, load, cachedData) => {
  // Bundles are ASCII: one byte a character is the quickest to read.
  const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'latin1')}\n})`
  const script = new Script(text, { filename: path, cachedData })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, load, module, path, dirname(path))
  return { script, exports: module.exports }
}

/** The exports of the file at `path`; `<path>.cache` holds the compiled code, where there is any. */
exports.load = (path, load) => {
  let cache
  try {
    cache = readFileSync(`${path}.cache`)
  } catch {
    return load(path)
  }
  return exports.run(path, load, cache).exports
}
