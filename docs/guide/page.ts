/**
 * A page of the guide as a folder of files. A fence `ts order.ts` (or `proto`, `json`) is a file of that name; one of
 * `text output of main.ts` is what `bun main.ts` prints, and one of `text output of order.test.ts` a test that passes. A
 * `ts` fence without a name would be code that nobody compiles: it is refused.
 */
export interface Page {
  readonly files: ReadonlyMap<string, string>
  /** What a program prints, by its file. */
  readonly outputs: ReadonlyMap<string, string>
}

const named = ['ts', 'proto', 'toml', 'json']

/** Throws an Error that says which line of `markdown` is wrong. */
export function readPage(markdown: string): Page {
  const files = new Map<string, string>()
  const outputs = new Map<string, string>()
  for (const { line, language, rest, text } of fences(markdown)) {
    const refuse = (what: string): never => {
      throw new Error(`line ${line}: ${what}`)
    }
    const output = /^output of (\S+)$/.exec(rest)?.[1]
    if (language === 'text' && output !== undefined) {
      if (!files.has(output)) refuse(`there is no file ${output} above`)
      outputs.set(output, text)
    } else if (language === 'ts' && rest === '') {
      refuse('a ts block needs a file name')
    } else if (named.includes(language) && rest !== '') {
      if (files.has(rest)) refuse(`a second ${rest}`)
      files.set(rest, text)
    }
  }
  return { files, outputs }
}

function* fences(markdown: string) {
  let open: { line: number; language: string; rest: string; lines: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\w*) ?(.*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { line: index + 1, language: fence[1] ?? '', rest: fence[2] ?? '', lines: [] }
    else {
      yield { ...open, text: open.lines.map((text) => `${text}\n`).join('') }
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line}: a block that does not end`)
}
