/**
 * The table of stable error codes. `nativeCodes` equals the table of the Rust core (crates/peipkg-core/src/error.rs); a
 * test compares both. Exit codes: ts/cli/report-error.ts.
 */

export const nativeCodes = [
  'PEI_CANCELLED',
  'PEI_CONSTRAINT_INVALID',
  'PEI_INTERNAL',
  'PEI_IO',
  'PEI_JSON_INVALID',
  'PEI_NAME_INVALID',
  'PEI_VERSION_INVALID',
] as const

/** Codes that only TypeScript gives, by bytes. */
export const ownCodes = [
  'PEI_ADDON_MISSING',
  'PEI_AUTH_REQUIRED',
  'PEI_BUILD_REFUSED',
  'PEI_BUILD_SCRIPT',
  'PEI_BUILD_TIMEOUT',
  'PEI_CONFIG_INVALID',
  'PEI_FETCH_FAILED',
  'PEI_FETCH_REDIRECT',
  'PEI_FETCH_SCHEME',
  'PEI_FETCH_STATUS',
  'PEI_FETCH_TIMEOUT',
  'PEI_FETCH_TOO_LARGE',
  'PEI_KEY_NOT_PRIVATE',
  'PEI_NOT_FOUND',
  'PEI_PLAN_REJECTED',
  'PEI_RECIPE_INVALID',
  'PEI_REFRESH_FAILED',
  'PEI_REPO_EXISTS',
  'PEI_REPO_ISSUES',
  'PEI_TRUST_ANCHOR',
  'PEI_USAGE',
  'PEI_VERIFY_PROBLEMS',
] as const

export type NativeCode = (typeof nativeCodes)[number]
export type ErrorCode = NativeCode | (typeof ownCodes)[number]
