/** The head of a stored process: the machine's own head, which root lives in which part, and what it waits for. JSON text. */
import type { Head as MachineHead } from '../machine/index.ts'
import type { StoredCancelling } from './run/cancelling.ts'
import type { Leaf } from './wait-plan.ts'

export interface Head {
  readonly v: 1
  /** The machine's snapshot without the values. */
  readonly machine: MachineHead
  readonly roots: readonly (readonly [name: string, part: number])[]
  /** One entry per fiber that waits: a leaf per arm. */
  readonly waits: readonly (readonly [fiber: number, leaves: readonly Leaf[]])[]
  readonly subscriptions: readonly (readonly [number: number, key: string, signal: string])[]
  readonly listeners: readonly (readonly [id: number, subscription: number])[]
  /** It is to be cancelled once its children have ended. */
  readonly cancelling?: StoredCancelling
  /** Next number for a subscription or timer. */
  readonly next: number
  /** Not begun yet. */
  readonly fresh?: true
}

type Frames = MachineHead['frames']

/** Frames as stored: those of the process's own program do not repeat its hash. */
type StoredFrames = readonly (Omit<Frames[number], 'program'> & { readonly program?: string })[]

export function writeHead(head: Head): Uint8Array {
  const { program, frames, failed } = head.machine
  const short = (all: Frames): StoredFrames =>
    all.map((frame) => {
      if (frame.program !== program) return frame
      const { program: _own, ...rest } = frame
      return rest
    })
  const machine = { ...head.machine, frames: short(frames), ...(failed && { failed: short(failed) }) }
  return new TextEncoder().encode(JSON.stringify({ ...head, machine }))
}

export function readHead(bytes: Uint8Array): Head {
  const head = JSON.parse(new TextDecoder().decode(bytes)) as Head
  const { program, frames, failed } = head.machine
  const whole = (all: StoredFrames): Frames => all.map((frame) => ({ program, ...frame }))
  return { ...head, machine: { ...head.machine, frames: whole(frames), ...(failed && { failed: whole(failed) }) } }
}
