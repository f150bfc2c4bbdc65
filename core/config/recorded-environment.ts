/** Environment variables, remembering which were read: errors then name the variable to set. */

export type Environment = Readonly<Record<string, string | undefined>>

export interface RecordedEnvironment {
  readonly environment: Environment
  /** The variable that `value`, at `path` of the slice, was read from, as far as can be told. */
  variableOf(value: unknown, path: readonly PropertyKey[]): string | undefined
}

export function recordedEnvironment(source: Environment): RecordedEnvironment {
  const read = new Map<string, string | undefined>()
  const environment = new Proxy(source, {
    get(target, name) {
      if (typeof name !== 'string') return undefined
      read.set(name, target[name])
      return target[name]
    },
  })
  return {
    environment,
    variableOf(value, path) {
      const wanted = path.map((part) => snake(String(part))).join('_')
      const same = [...read].filter(([, given]) => given !== undefined && given === value).map(([name]) => name)
      return namedAs(wanted, same) ?? (same.length === 1 ? same[0] : namedAs(wanted, [...read.keys()]))
    },
  }
}

/** `URL`, else `DATABASE_URL`. */
function namedAs(wanted: string, names: readonly string[]): string | undefined {
  return names.find((name) => name === wanted) ?? names.find((name) => name.endsWith(`_${wanted}`))
}

function snake(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
}
