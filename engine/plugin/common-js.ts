/**
 * CommonJS modules of the application. Bun loses the exports of CommonJS text that a plugin hands on, and does not run such
 * an entry at all (oven-sh/bun#19279), and a plugin cannot leave a file alone. So Bun loads the file itself, under a name
 * that the plugin does not look at, and what it exports becomes the module.
 */
import type { OnLoadResult } from 'bun'

const WORDS = /\brequire\s*\(|\bmodule\s*\.|\bexports\b|\brequire\.main\b/

type Loader = 'ts' | 'tsx' | 'js' | 'jsx'

/** The module, or `undefined` when the text is no CommonJS. */
export function commonJs(path: string, source: string, loader: Loader): OnLoadResult | undefined {
  if (!WORDS.test(source) || hasModuleSyntax(source, loader)) return undefined
  if (path === Bun.main) return { contents: entry(source), loader }
  let exported: unknown
  try {
    exported = import.meta.require(`${path}?common-js`)
  } catch (error) {
    // With an await at its top it is a module after all.
    if (String(error).includes('async module')) return undefined
    throw error
  }
  return { loader: 'object', exports: moduleOf(exported) }
}

function hasModuleSyntax(source: string, loader: Loader): boolean {
  if (/^\s*(?:import\b(?!\s*\()|export\b)/m.test(source)) return true
  try {
    const { imports, exports } = new Bun.Transpiler({ loader }).scan(source)
    return exports.length > 0 || imports.some((each) => each.kind === 'import-statement')
  } catch {
    return true // A mistake in the text: whoever loads it next tells.
  }
}

/** Nobody asks for the exports of an entry: as a module, with `require`, it runs. */
function entry(source: string): string {
  const shebang = /^#!.*/.exec(source)?.[0] ?? ''
  const own = /\bmodule\s*\.\s*exports\b/.test(source) ? 'const module = { exports: {} }; ' : ''
  const exports = /\bexports\b/.test(source) ? `const exports = ${own === '' ? '{}' : 'module.exports'}; ` : ''
  return `${own}${exports}${source.slice(shebang.length)}\nexport {}`
}

/** `require` of a module marked so gives its default; one that marks itself is a namespace already. */
function moduleOf(exported: unknown): Record<string, unknown> {
  const named = (typeof exported === 'object' || typeof exported === 'function') && exported !== null ? exported : {}
  return '__esModule' in named ? { ...named, __esModule: undefined } : { ...named, __esModule: true, default: exported }
}
