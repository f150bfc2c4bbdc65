/**
 * Whether a text could hold something to compile: cheap, for files that do not, and without loading the compiler. A word of
 * the engine may have another name here: then what is written looks like a definition.
 */
export function mayCompile(source: string): boolean {
  if (/\b(createProcess|defineProcess|routine)\b/.test(source)) return true
  return LIKE_A_ROUTINE.test(source) || (HANDLER.test(source) && /\bpath\s*:/.test(source))
}

/** `async handler(`, `handler: async`, `{ path, handler }`. */
const HANDLER = /\bhandler\s*[:(,}]/
/** `const settle = durable(async`, `export default durable(async`, `{ settle: durable(async`. */
const LIKE_A_ROUTINE = /(?:[=:]|\bdefault)\s*[\w$.]+\(\s*async\b/
