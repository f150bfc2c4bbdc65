/**
 * Refuses, when encoding, what could not be decoded: a value of a registered type whose stored form reaches the value
 * itself. Plain cycles are fine; this one would need the value before it is made.
 */
import { ValueEncodeError } from './errors.ts'

type Parts = ReadonlyMap<number, readonly unknown[]>

export function checkAcyclicTypes(parts: Parts, roots: ReadonlyMap<string, number>): void {
  for (const [part, nodes] of parts) {
    for (let node = 1; node < nodes.length; node++) {
      const content = nodes[node]
      if (!Array.isArray(content) || content[0] !== 'x' || !isReference(content[2])) continue
      if (reaches(parts, content[2], part, `${part}.${node}`)) {
        const root = [...roots].find(([, number]) => number === part)?.[0] ?? 'value'
        const hint = 'Let the value type store plain data that does not lead back to the value.'
        throw new ValueEncodeError(root, '', `a value of type '${String(content[1])}' that contains itself`, hint)
      }
    }
  }
}

function reaches(parts: Parts, start: readonly number[], from: number, goal: string): boolean {
  const visited = new Set<string>()
  const open: (readonly [readonly number[], number])[] = [[start, from]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [reference, owner] = next
    const [part, node] = (reference.length === 1 ? [owner, reference[0]] : reference) as [number, number]
    const key = `${part}.${node}`
    if (key === goal) return true
    if (visited.has(key)) continue
    visited.add(key)
    collect(parts, parts.get(part)?.[node], part, open)
  }
  return false
}

function collect(parts: Parts, content: unknown, part: number, open: (readonly [readonly number[], number])[]): void {
  if (typeof content !== 'object' || content === null) return
  const kind = Array.isArray(content) ? content[0] : undefined
  if (kind === 'A' || kind === 'M' || kind === 'S') {
    const chunks = (content as unknown[]).at(-1) as readonly number[]
    for (const chunk of chunks) collect(parts, parts.get(chunk)?.[0], chunk, open)
    return
  }
  for (const inline of Object.values(
    kind === 'o'
      ? ((content as unknown[])[1] as object)
      : kind === 'e'
        ? ((content as unknown[])[2] as object)
        : content,
  )) {
    if (isReference(inline)) open.push([inline, part])
  }
}

function isReference(inline: unknown): inline is readonly number[] {
  return Array.isArray(inline) && typeof inline[0] === 'number'
}
