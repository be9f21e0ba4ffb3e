/** The API described for programs: `GET /api/v1/openapi.json`. */
import { apiVersion } from '../../api/version.ts'

type Operation = readonly [method: string, path: string, scope: string, summary: string]

const operations: readonly Operation[] = [
  ['post', '/api/v1/claims', 'worker', 'Waits at most 30 s for work'],
  [
    'post',
    '/api/v1/attempts/{execution}/heartbeat',
    'worker',
    'Says that the attempt goes on; hears whether it is to end',
  ],
  ['post', '/api/v1/attempts/{execution}/log', 'worker', 'Adds to the log from a byte offset on'],
  ['head', '/api/v1/attempts/{execution}/artifacts/{name}', 'worker', 'How much of an artifact has arrived'],
  ['put', '/api/v1/attempts/{execution}/artifacts/{name}', 'worker', 'Sends an artifact, or a range of it'],
  ['post', '/api/v1/attempts/{execution}/finish', 'worker', 'Ends the attempt with its result'],
  ['get', '/api/v1/info', 'read', 'Schedule, queues with reasons, running, workers, dropped platforms'],
  ['get', '/api/v1/jobs', 'read', 'All jobs'],
  ['post', '/api/v1/jobs', 'submit', 'Makes a job'],
  ['get', '/api/v1/jobs/{name}', 'read', 'One job'],
  ['patch', '/api/v1/jobs/{name}', 'submit', 'Changes a job'],
  ['delete', '/api/v1/jobs/{name}', 'submit', 'Takes a job away, out of the queues too'],
  ['post', '/api/v1/jobs/{name}/execute', 'submit', 'Runs a job now, at the front'],
  ['post', '/api/v1/jobs/{name}/reschedule', 'submit', 'Says when a job runs next'],
  ['get', '/api/v1/latest', 'read', 'The execution that was started last'],
  [
    'get',
    '/api/v1/history',
    'read',
    'Executions that ended, newest first; with `all=1` everything of one `job`',
  ],
  ['get', '/api/v1/executions/{uuid}', 'read', 'One execution'],
  ['post', '/api/v1/executions/{uuid}/cancel', 'submit', 'Cancels it, waiting or running'],
  ['post', '/api/v1/executions/{uuid}/retry', 'submit', 'The same once more'],
  ['get', '/api/v1/executions/{uuid}/log', 'read', 'Its log as bytes; ranges'],
  ['get', '/api/v1/executions/{uuid}/events', 'read', 'Its log and its state, replayed, then live'],
  ['get', '/api/v1/executions/{uuid}/artifacts', 'read', 'What it left'],
  ['get', '/api/v1/executions/{uuid}/artifacts/{name}', 'read', 'One artifact; ranges'],
  ['get', '/api/v1/executions/{uuid}/record', 'read', 'All that is known of it'],
  ['get', '/api/v1/workers', 'read', 'The workers'],
  ['post', '/api/v1/workers/{worker}/drain', 'admin', 'Gives a worker nothing more'],
  ['post', '/api/v1/workers/{worker}/leave', 'worker', 'Says that a worker ends, and asks for nothing more'],
  ['post', '/api/v1/workers/{worker}/undrain', 'admin', 'Takes that back'],
  ['post', '/api/v1/platforms/{platform}/drop', 'admin', 'Drops a platform with its queue'],
  ['delete', '/api/v1/platforms/{platform}/drop', 'admin', 'Takes that back'],
  ['get', '/api/v1/tokens', 'admin', 'The names of the tokens'],
  ['post', '/api/v1/tokens', 'admin', 'Makes a token'],
  ['delete', '/api/v1/tokens/{name}', 'admin', 'Revokes a token'],
]

/** What answers when something is wrong, whatever was asked. */
const failure = {
  description: 'Refused, with a stable code',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['error'],
        properties: {
          error: {
            type: 'object',
            required: ['code', 'message'],
            properties: { code: { type: 'string' }, message: { type: 'string' } },
          },
        },
      },
    },
  },
} as const

export function openapi(version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [method, path, scope, summary] of operations) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const parameters = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
    const responses = { 200: { description: 'Done' }, default: failure }
    paths[path] = {
      ...paths[path],
      [method]: { summary, description: `Scope: ${scope}.`, parameters, responses },
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'peipkg-farm', version, description: `Version ${apiVersion} of the API.` },
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  }
}
