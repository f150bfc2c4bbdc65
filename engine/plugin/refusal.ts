/**
 * The module that stands for one that was refused: it throws the refusal from the line that it is about, so that Bun shows
 * that line and not the plugin. It exports the same names: whoever imports one would otherwise be told that it is not there.
 */
import type { CompileError } from '../compiler/diagnostic.ts'

type Loader = 'ts' | 'tsx' | 'js' | 'jsx'

/** JavaScript. */
export function refusal(error: CompileError, source: string, loader: Loader): string {
  const [first] = error.diagnostics
  const { line, column } = first ?? { line: 1, column: 1 }
  const thrown = `throw Object.assign(new SyntaxError(${JSON.stringify(error.message)}), { code: 'ENGINE_COMPILE' })`
  const names = exportsOf(source, loader).map((name) => `refused as ${JSON.stringify(name)}`)
  const exported = names.length === 0 ? '' : `; var refused; export { ${names.join(', ')} }`
  return `${'\n'.repeat(line - 1)}${' '.repeat(column - 1)}${thrown}${exported}`
}

/** None of what Bun cannot parse: it says so itself. */
function exportsOf(source: string, loader: Loader): readonly string[] {
  try {
    return new Bun.Transpiler({ loader }).scan(source).exports
  } catch {
    return []
  }
}
