/**
 * Paths: literal segments, `:parameters` of one segment, and a final `*` for the rest. Their names are known to the types.
 * A literal segment beats a parameter, and a parameter beats the rest, wherever they are declared.
 */
import { RouteDefinitionError } from '../errors.ts'

/** Names of the parameters of a path: `'order' | 'item'` for `/:order/items/:item`. */
export type ParameterNames<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? ParameterName<Head> | ParameterNames<Tail>
  : ParameterName<Path>
type ParameterName<Segment extends string> = Segment extends `:${infer Name}`
  ? Name
  : Segment extends '*'
    ? 'rest'
    : never

/** Names that a handler's context has already. */
export type ReservedName =
  | 'request'
  | 'res'
  | 'params'
  | 'query'
  | 'body'
  | 'headers'
  | 'cookies'
  | 'signal'
  | 'requestId'
  | 'clientAddress'
  | 'url'
  | 'lastEventId'
  | 'messages'
  | 'send'
  | 'close'
  | 'closed'
const reserved: ReadonlySet<string> = new Set<ReservedName>([
  'request',
  'res',
  'params',
  'query',
  'body',
  'headers',
  'cookies',
  'signal',
  'requestId',
  'clientAddress',
  'url',
  'lastEventId',
  'messages',
  'send',
  'close',
  'closed',
])

export interface ReservedParameterError<Name> {
  readonly 'this name is taken by the context, choose another for the parameter': Name
}

/** The path itself, or why it cannot be one. */
export type CheckedPath<Path extends string> = [Extract<ParameterNames<Path>, ReservedName>] extends [never]
  ? Path
  : ReservedParameterError<Extract<ParameterNames<Path>, ReservedName>>

/** Prefix and path as one, without a trailing slash. */
export function joinPath(...parts: readonly string[]): string {
  const path = parts
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .join('/')
  return `/${path}`
}

export function checkPath(path: string): string {
  if (!path.startsWith('/')) throw new RouteDefinitionError(`The path ${JSON.stringify(path)} must start with a slash`)
  const segments = path.split('/').slice(1)
  const names = parameterNames(path)
  for (const [index, segment] of segments.entries()) {
    const fine = segment.startsWith(':')
      ? /^:[A-Za-z_]\w*$/.test(segment)
      : segment === '*'
        ? index === segments.length - 1
        : !/[:*?{}]/.test(segment)
    if (!fine)
      throw new RouteDefinitionError(`The path ${path} has a segment that cannot be matched: ${segment}`, {
        hint: 'Segments are literal, `:name`, or `*` as the last one.',
      })
  }
  const taken = names.find((name) => reserved.has(name))
  if (taken !== undefined)
    throw new RouteDefinitionError(`The path ${path} has a parameter "${taken}": the context has that name already`)
  if (new Set(names).size < names.length) throw new RouteDefinitionError(`The path ${path} has one parameter twice`)
  return path
}

export function parameterNames(path: string): readonly string[] {
  return path
    .split('/')
    .filter((segment) => segment.startsWith(':'))
    .map((segment) => segment.slice(1))
}

/** The path with its parameters nameless: two routes with the same shape answer the same requests. */
export function pathShape(path: string): string {
  return path.replace(/:[^/]+/g, ':')
}

/** Orders paths so that the first match is the right one. */
export function comparePaths(one: string, other: string): number {
  const ours = one.split('/')
  const theirs = other.split('/')
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const difference = weight(ours[index]) - weight(theirs[index])
    if (difference !== 0) return difference
  }
  return 0
}

function weight(segment: string | undefined): number {
  if (segment === undefined) return 0
  return segment === '*' ? 3 : segment.startsWith(':') ? 2 : 1
}
