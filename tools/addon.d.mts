export function problemsOf(path: string): readonly string[]
