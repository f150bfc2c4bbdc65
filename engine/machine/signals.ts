/** Which signals a process may still wait for: what it is subscribed to. */
import type { Environment, LoadedProgram } from '../program/environment.ts'
import type { MachineState } from '../program/state.ts'
import type { SignalDefinition } from '../program/wait.ts'
import { primitives } from './primitives.ts'

export interface SignalUse {
  /** `<program hash>:<index of the site>`. */
  readonly site: string
  readonly definition: SignalDefinition
  readonly keyed: boolean
}

/** All signals of a program. Their definitions come from dependencies and bindings, never from a running process. */
export function allSignals(loaded: LoadedProgram, env: Environment): SignalUse[] {
  return loaded.program.signals.map((site, index) => ({
    site: `${loaded.hash}:${index}`,
    definition: loaded.code[site.code]?.({}, env.dependencies, loaded.bindings, primitives(env)) as SignalDefinition,
    keyed: site.keyed,
  }))
}

/** Sites that some frame can still reach. Where a frame stands at an unlisted place, all of its program's. */
export function reachableSignals(state: MachineState, env: Environment): ReadonlySet<string> {
  const found = new Set<string>()
  for (const fiber of state.fibers.values()) {
    for (const id of fiber.stack) {
      const frame = state.frames.get(id)
      if (!frame) continue
      const { hash, program } = env.program(frame.program)
      const listed = program.reach[String(frame.pc)] ?? program.signals.map((_site, index) => index)
      for (const index of listed) found.add(`${hash}:${index}`)
    }
  }
  return found
}
