/** The version of the package, put in by the bundler (tools/bundle.mjs) and the test runner. */

declare const PEIPKG_VERSION: string

export const version: string = PEIPKG_VERSION
