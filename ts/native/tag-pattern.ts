/** Tag patterns of the build farm (RE2), matched by the core in linear time. */
import { guard } from './addon.ts'

/** Which tags are releases, and of which upstream version. */
export interface CompiledTagPattern {
  /** The upstream version in a short tag name; undefined when the tag does not match. */
  capture(tag: string): string | undefined
}

/** Throws PEI_TAG_PATTERN_INVALID. */
export function compileTagPattern(pattern: string): CompiledTagPattern {
  const compiled = guard((native) => native.TagPattern.compile(pattern))
  return { capture: (tag) => compiled.version(tag) ?? undefined }
}
