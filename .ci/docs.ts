/** What must be true of the documents: links lead somewhere, and each error code has its page and each page its code. */
import { dirname, join, normalize } from 'node:path'

/** A text file by its path from the root. */
export interface TextFile {
  readonly path: string
  readonly text: string
}

/** Relative links in Markdown files that lead nowhere, as lines to print. `exists` takes a path from the root. */
export function deadLinks(documents: readonly TextFile[], exists: (path: string) => boolean): string[] {
  return documents.flatMap(({ path, text }) => {
    const prose = text.replaceAll(/```[\s\S]*?```/g, '')
    const targets = [...prose.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '')
    const relative = targets.filter((target) => !/^[a-z]+:/.test(target))
    const dead = relative.filter((target) => !exists(normalize(join(dirname(path), target))))
    return dead.map((target) => `${path}: the link to ${target} leads nowhere`)
  })
}

/**
 * Proofs that are not there: a link to a source file followed by a name in double quotes says that the file has a test of
 * that name. `read` takes a path from the root and answers `undefined` for what does not exist.
 */
export function missingProofs(documents: readonly TextFile[], read: (path: string) => string | undefined): string[] {
  return documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s]+\.ts)\) "([^"]+)"/g)].flatMap(([, target = '', name = '']) => {
      const source = read(normalize(join(dirname(path), target)))
      return source?.includes(name) ? [] : [`${path}: ${target} has no "${name}"`]
    }),
  )
}

/** Error codes (`readonly code = 'ROOM_WORDS'`) without a page under docs/errors, and pages of what no source names. */
export function unexplainedErrors(sources: readonly TextFile[], pages: readonly string[]): string[] {
  const codes = new Map<string, string>()
  for (const { path, text } of sources) {
    for (const match of text.matchAll(/readonly code(?:: string)? = '([A-Z]+(?:_[A-Z]+)+)'/g))
      codes.set(match[1] ?? '', path)
  }
  const missing = [...codes].filter(([code]) => !pages.includes(code))
  const orphans = pages.filter((page) => !sources.some(({ text }) => text.includes(`'${page}'`)))
  return [
    ...missing.map(([code, path]) => `${path}: ${code} has no page docs/errors/${code}.md`),
    ...orphans.map((page) => `docs/errors/${page}.md explains a code that nothing has`),
  ]
}
