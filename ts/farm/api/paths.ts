/** The paths of the API, for both sides. */

const part = encodeURIComponent

export const paths = {
  claims: '/api/v1/claims',
  heartbeat: (execution: string) => `/api/v1/attempts/${part(execution)}/heartbeat`,
  attemptLog: (execution: string, offset: number) =>
    `/api/v1/attempts/${part(execution)}/log?offset=${offset}`,
  upload: (execution: string, name: string) => `/api/v1/attempts/${part(execution)}/artifacts/${part(name)}`,
  finish: (execution: string) => `/api/v1/attempts/${part(execution)}/finish`,
  jobs: '/api/v1/jobs',
  job: (name: string) => `/api/v1/jobs/${part(name)}`,
  execute: (name: string) => `/api/v1/jobs/${part(name)}/execute`,
  reschedule: (name: string) => `/api/v1/jobs/${part(name)}/reschedule`,
  info: '/api/v1/info',
  /** `?job=&platform=&running=1`: the newest execution; `No running jobs` when there is none. */
  latest: '/api/v1/latest',
  execution: (uuid: string) => `/api/v1/executions/${part(uuid)}`,
  cancel: (uuid: string) => `/api/v1/executions/${part(uuid)}/cancel`,
  retry: (uuid: string) => `/api/v1/executions/${part(uuid)}/retry`,
  log: (uuid: string) => `/api/v1/executions/${part(uuid)}/log`,
  events: (uuid: string) => `/api/v1/executions/${part(uuid)}/events`,
  artifacts: (uuid: string) => `/api/v1/executions/${part(uuid)}/artifacts`,
  artifact: (uuid: string, name: string) => `/api/v1/executions/${part(uuid)}/artifacts/${part(name)}`,
  record: (uuid: string) => `/api/v1/executions/${part(uuid)}/record`,
  history: '/api/v1/history',
  /** What has ended, and what has not. */
  executionsOf: (job: string) => `/api/v1/history?all=1&limit=1000&job=${part(job)}`,
  workers: '/api/v1/workers',
  drain: (worker: string) => `/api/v1/workers/${part(worker)}/drain`,
  /** Said by a worker that ends, with its instance. */
  leave: (worker: string) => `/api/v1/workers/${part(worker)}/leave`,
  undrain: (worker: string) => `/api/v1/workers/${part(worker)}/undrain`,
  /** POST drops, DELETE takes it back. */
  drop: (platform: string) => `/api/v1/platforms/${part(platform)}/drop`,
  tokens: '/api/v1/tokens',
  token: (name: string) => `/api/v1/tokens/${part(name)}`,
} as const
