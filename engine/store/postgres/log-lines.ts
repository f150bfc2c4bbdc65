/** Lines of the timeline as they are stored: those of one checkpoint together, as JSON `[[at, kind, text], ...]`. */
import { TextBytes } from '../../value/text-bytes.ts'
import type { LogLine } from '../records.ts'

export function writeLines(lines: readonly LogLine[]): TextBytes {
  return new TextBytes(JSON.stringify(lines.map(({ at, kind, text }) => [Math.round(at), kind, text])))
}

export function readLines(stored: Uint8Array): readonly LogLine[] {
  const lines = JSON.parse(decoder.decode(stored)) as readonly (readonly [number, string, string])[]
  return lines.map(([at, kind, text]) => ({ at, kind, text }))
}

const decoder = new TextDecoder()
