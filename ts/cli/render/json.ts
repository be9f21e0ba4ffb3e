/** The one serializer of JSON that is printed: what could move or hide text on a terminal is escaped. */

// DEL and C1; bidi marks, embeddings, overrides and isolates; line and paragraph separators. (C0 is escaped by JSON itself.)
const unsafe = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** On one line, or indented by `indent` spaces; reads as the same value. */
export function jsonText(document: unknown, indent?: number): string {
  return JSON.stringify(document, null, indent).replace(unsafe, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
