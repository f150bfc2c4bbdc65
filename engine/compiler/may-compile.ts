/** Whether a text could hold something to compile: cheap, for files that do not, and without loading the compiler. */
export function mayCompile(source: string): boolean {
  return /\b(createProcess|defineProcess|routine)\b/.test(source)
}
