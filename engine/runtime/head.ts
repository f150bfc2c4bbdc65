/**
 * The head of a stored process: the machine's own head, which root lives in which part, and what it waits for. One line of
 * JSON text; after it the bytes of the values that are kept in the head itself.
 */
import type { Head as MachineHead } from '../machine/index.ts'
import type { StoredCancelling } from './run/cancelling.ts'
import type { Snapshot } from '../value/codec.ts'
import type { LogLine } from '../store/store.ts'
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
  /** Parts that are small enough to be kept here. */
  readonly values?: readonly (readonly [part: number, bytes: Uint8Array])[]
  /** Lines of the timeline that are not written there yet. */
  readonly log?: readonly LogLine[]
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
  if (head.values === undefined || head.values.length === 0) return encoder.encode(JSON.stringify({ ...head, machine }))
  const values = head.values.map(([part, { length }]) => [part, length])
  const text = encoder.encode(`${JSON.stringify({ ...head, machine, values })}\n`)
  return Buffer.concat([text, ...head.values.map(([, bytes]) => bytes)])
}

export function readHead(bytes: Uint8Array): Head {
  const end = bytes.indexOf(NEWLINE)
  const text = end < 0 ? bytes : bytes.subarray(0, end)
  const { values: lengths, ...head } = JSON.parse(decoder.decode(text)) as Omit<Head, 'values'> & {
    readonly values?: readonly (readonly [number, number])[]
  }
  let at = end + 1
  const values = lengths?.map(([part, length]) => [part, bytes.subarray(at, (at += length))] as const)
  const { program, frames, failed } = head.machine
  const whole = (all: StoredFrames): Frames => all.map((frame) => ({ program, ...frame }))
  const machine = { ...head.machine, frames: whole(frames), ...(failed && { failed: whole(failed) }) }
  return { ...head, machine, ...(values && { values }) }
}

/** All parts of a stored process: those of its own and those in its head. */
export function partsOf(parts: Snapshot['parts'], { values = [] }: Head): Snapshot['parts'] {
  return values.length === 0 ? parts : new Map([...parts, ...values])
}

const NEWLINE = 10
const encoder = new TextEncoder()
const decoder = new TextDecoder()
