/** Imported by both versions: late-bound. */
export const label = (text: string) => `version ${text}`
