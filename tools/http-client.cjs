// What the programs use of undici, in place of all of it: its own entry also evaluates fetch, WebSocket, caches and mocks, which
// takes longer than to ask a server for something.
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js')

Dispatcher.prototype.request = require('undici/lib/api/api-request.js')
// With which a proxy opens a tunnel.
Dispatcher.prototype.connect = require('undici/lib/api/api-connect.js')
exports.EnvHttpProxyAgent = require('undici/lib/dispatcher/env-http-proxy-agent.js')
