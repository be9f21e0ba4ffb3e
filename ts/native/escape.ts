/**
 * Makes foreign text safe for a terminal: no escape sequences, control characters or bidirectional overrides (file 6).
 * In TypeScript, so that printing an error never needs the addon.
 */

// C0, DEL, C1; line and paragraph separators; bidi marks, embeddings, overrides and isolates; zero width; lone surrogates.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}|[\u{e0000}-\u{e007f}]/gu

/** The text on one line; what is unsafe is shown as `\u{1b}`. */
export function escapeText(text: string): string {
  return text.replace(unsafe, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? 'fffd'}}`)
}
