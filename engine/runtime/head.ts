/** The head of a stored process: the machine's own head, which root lives in which part, and what it waits for. JSON text. */
import type { Leaf } from './wait-plan.ts'

export interface Head {
  readonly v: 1
  /** The machine's snapshot without the values. */
  readonly machine: unknown
  readonly roots: readonly (readonly [name: string, part: number])[]
  /** One entry per fiber that waits: a leaf per arm. */
  readonly waits: readonly (readonly [fiber: number, leaves: readonly Leaf[]])[]
  readonly subscriptions: readonly (readonly [number: number, key: string, signal: string])[]
  readonly listeners: readonly (readonly [id: number, subscription: number])[]
  /** Paths of the processes it started. */
  readonly children: readonly string[]
  /** Next number for a subscription or timer. */
  readonly next: number
  /** Not begun yet. */
  readonly fresh?: true
}

export function writeHead(head: Head): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(head))
}

export function readHead(bytes: Uint8Array): Head {
  return JSON.parse(new TextDecoder().decode(bytes)) as Head
}
