/** The two forms of a detached signature: what deployed consumers read, and what the text says (PSD-009 §6.4). */
export const signatureFormats = ['envelope', 'bare'] as const
