/**
 * Errors as the user wrote the code: frames of stored programs are put back on file, line and column, the engine's own
 * frames are left out, and messages say `order.total` where the region says `$.order.total`.
 */
import { dirname } from 'node:path'
import type { LoadedProgram } from '../program/environment.ts'
import { sourceUrl } from './load.ts'

/** Lines before the first region in the text of a loaded program: two of `new Function`, one of its own. */
const LINES_BEFORE = 3
/** Length of `($, $i, $b, $e) => `. */
const HEADER = 19

const ENGINE = dirname(import.meta.dir)
const BUNDLED = !import.meta.path.endsWith('/machine/stack.ts')

/** Changes message and stack of an error in place; anything else stays as it is. */
export function clarify(error: unknown, loaded: LoadedProgram): void {
  if (!(error instanceof Error)) return
  const plain = readable(error.message)
  const stack =
    typeof error.stack === 'string' ? userStack(error.stack.replace(error.message, plain), loaded) : undefined
  if (plain !== error.message) define(error, 'message', plain)
  if (stack !== undefined && stack !== error.stack) define(error, 'stack', stack)
}

function define(error: Error, key: 'message' | 'stack', value: string): void {
  if (!Object.isFrozen(error))
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false })
}

function readable(message: string): string {
  return message.includes('$')
    ? message
        .replace(/\(0, ((?:\$[ibe]?\.)+[\w$]+)\)/g, '$1')
        .replace(/(?<![\w$]|(?<!\.\.)\.)(?:\$\.\$p\.(?:\$p\.)*|\$[ibe]?\.)(?=[A-Za-z_])/g, '')
    : message
}

/** The stack in the user's terms. */
export function userStack(stack: string, loaded: LoadedProgram): string {
  const url = sourceUrl(loaded.program, loaded.hash)
  const lines = stack.split('\n')
  // In a bundle the engine has no files of its own: what called the handler's code is the engine.
  const end = BUNDLED ? lines.findLastIndex((line) => line.includes(url)) : -1
  return (end < 0 ? lines : lines.slice(0, end + 1))
    .map((line) => (line.includes(url) ? relocate(line, url, loaded) : line))
    .filter((line) => !isEngineFrame(line))
    .join('\n')
}

function isEngineFrame(line: string): boolean {
  return (
    /^\s+at /.test(line) &&
    (line.includes('(node:async_hooks:') ||
      ['machine', 'runtime', 'step'].some((folder) => line.includes(`${ENGINE}/${folder}/`))) &&
    !line.includes('.test.ts')
  )
}

function relocate(line: string, url: string, loaded: LoadedProgram): string {
  const found = /:(\d+):(\d+)\)?$/.exec(line)
  const { debug } = loaded
  if (!found || !debug) return line
  const place = sourcePosition(loaded, Number(found[1]) - LINES_BEFORE, Number(found[2]))
  if (!place) return line
  const at = line.indexOf(url)
  return `${line.slice(0, at)}${debug.path ?? debug.file}:${place[0]}:${place[1]}${line.endsWith(')') ? ')' : ''}`
}

/** Source line and column of a place in the text of the regions. */
function sourcePosition(loaded: LoadedProgram, line: number, column: number): readonly [number, number] | undefined {
  let first = 1
  for (const [index, text] of loaded.program.code.entries()) {
    const lines = text.split('\n').length
    if (line < first + lines) {
      const row = line - first + 1
      const shifted = row === 1 ? column - HEADER : column
      const before = loaded.debug?.maps[index]
        ?.filter((each) => each[0] < row || (each[0] === row && each[1] <= shifted))
        .at(-1)
      return before ? [before[2], before[3]] : undefined
    }
    first += lines
  }
  return undefined
}
