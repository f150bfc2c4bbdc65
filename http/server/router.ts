/** Finds what answers a method and a path, on Hono's routers. The first that was added wins. */
import type { ParamIndexMap, Params as NamedParams, ParamStash } from 'hono/router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'

export type Params = Readonly<Record<string, string>>

export interface Match<Target> {
  readonly target: Target
  /** Decoded. */
  readonly params: Params
}

export class Router<Target> {
  readonly #router = new SmartRouter<Target>({ routers: [new RegExpRouter(), new TrieRouter()] })
  readonly #methods = new Set<string>()

  add(method: string, path: string, target: Target): void {
    this.#methods.add(method)
    this.#router.add(method, path, target)
  }

  match(method: string, path: string): Match<Target> | undefined {
    const [found, stash] = this.#router.match(method, path) as [
      [Target, ParamIndexMap | NamedParams][],
      ParamStash | undefined,
    ]
    const first = found[0]
    if (first === undefined) return undefined
    return { target: first[0], params: paramsOf(first[1], stash) }
  }

  /** Methods that something on this path answers, sorted; HEAD goes with GET. */
  methods(path: string): readonly string[] {
    const matching = [...this.#methods].filter((method) => this.match(method, path) !== undefined)
    return [...new Set(matching.includes('GET') ? [...matching, 'HEAD'] : matching)].sort()
  }
}

const none: Params = Object.freeze({})

function paramsOf(map: ParamIndexMap | NamedParams, stash: ParamStash | undefined): Params {
  let params: Record<string, string> | undefined
  for (const name in map) {
    const place = map[name]
    const text = stash === undefined ? (place as string) : stash[place as number]
    if (text !== undefined) (params ??= {})[name] = text.includes('%') ? decoded(text) : text
  }
  return params ?? none
}

/** Escapes are known to be valid; what Hono's path keeps of them (`%2F`) is decoded here. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
