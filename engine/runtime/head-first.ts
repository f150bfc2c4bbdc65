/** Reads heads as builds before the second format wrote them: an object with everything by name. */
import type { Head as MachineHead } from '../machine/index.ts'
import type { Head } from './head.ts'

type Frames = MachineHead['frames']

/** Frames as stored: those of the process's own program do not repeat its hash. */
type StoredFrames = readonly (Omit<Frames[number], 'program'> & { readonly program?: string })[]

interface StoredHead extends Omit<Head, 'values'> {
  readonly v: 1
  readonly values?: readonly (readonly [part: number, length: number])[]
}

/** `line` is the first line, `bytes` what comes after it: the values, one after the other. */
export function readFirst(line: object, bytes: Uint8Array): Head {
  const { v: _version, values: lengths, ...head } = line as StoredHead
  let at = 0
  const values = lengths?.map(([part, length]) => [part, bytes.subarray(at, (at += length))] as const)
  const { program, frames, failed } = head.machine
  const whole = (all: StoredFrames): Frames => all.map((frame) => ({ program, ...frame }))
  const machine = { ...head.machine, frames: whole(frames), ...(failed && { failed: whole(failed) }) }
  return { ...head, machine, ...(values && { values }) }
}
