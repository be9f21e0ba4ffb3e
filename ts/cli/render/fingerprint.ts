/** Fingerprints as people compare them: in groups of four (PSD-009 §5.2). */
export function groupFingerprint(fingerprint: string): string {
  return fingerprint.replace(/(.{4})(?=.)/g, '$1 ')
}
