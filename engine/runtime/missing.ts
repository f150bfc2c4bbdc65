/** What a stored program needs that this build lacks: asked before a deploy, at start, and before each program is loaded. */
import type { Program, StepSite } from '../program/program.ts'

/** In words, one per missing thing. `hasOrigin`: whether this build has an import. */
export function missingIn(
  program: Program,
  inject: Readonly<Record<string, unknown>>,
  hasOrigin: (origin: string) => boolean,
): readonly string[] {
  const missing = [
    ...program.dependencies.filter((name) => !(name in inject)).map((name) => `the dependency \`${name}\``),
    ...program.steps.flatMap((site) => missingStep(site, inject)),
    ...program.bindings
      .filter(({ origin, code }) => code === undefined && !hasOrigin(origin))
      .map(({ origin }) => `the import ${origin}`),
  ]
  return [...new Set(missing)]
}

function missingStep(site: StepSite, inject: Readonly<Record<string, unknown>>): readonly string[] {
  const { dependency, method, arity } = site
  if (dependency === undefined || method === undefined || method.includes('.') || !(dependency in inject)) return []
  const found: unknown = Reflect.get(Object(inject[dependency]), method)
  if (typeof found !== 'function') return [`the method \`${dependency}.${method}\``]
  return found.length > arity
    ? [`\`${dependency}.${method}\` now needs ${found.length} arguments, and is called with ${arity}`]
    : []
}
