/**
 * What live processes need that this build lacks: definitions, dependencies, methods, imports. Asked before a deploy
 * (`compat`) and at start, which refuses rather than leave processes standing that nobody would miss until too late.
 */
import { EngineError } from '../errors.ts'
import { parseProgram } from '../program/hash.ts'
import type { LineCount, LiveProgram } from '../store/records.ts'
import type { EngineStore } from '../store/store.ts'
import { missingIn } from './missing.ts'
import type { Programs } from './programs.ts'
import { nameError } from '../name-error.ts'

/** One live program that cannot run on this build. */
export interface Incompatibility extends LiveProgram {
  /** Of how many processes. */
  readonly count: number
  /** How many of them stand at which source line, most first. */
  readonly lines: readonly LineCount[]
  /** In words, one per missing thing. */
  readonly missing: readonly string[]
}

/** This build cannot run programs that live processes began with. */
export class DeployRefusedError extends EngineError {
  static {
    nameError(this, 'DeployRefusedError')
  }

  readonly code = 'ENGINE_DEPLOY_REFUSED'
  readonly incompatible: readonly Incompatibility[]

  constructor(incompatible: readonly Incompatibility[]) {
    const lines = incompatible.map(
      ({ definition, hash, count, lines, missing }) =>
        `  ${count} of ${definition} (program ${hash.slice(0, 12)}), ${whereOf(lines)}: ${missing.join('; ')}`,
    )
    super(
      `This build cannot run ${incompatible.reduce((sum, { count }) => sum + count, 0)} live processes:\n${lines.join('\n')}`,
      {
        hint: 'Bring back what is missing, or start with JUSTSCALE_PARK=1 (`park: true` of the engine): those processes then wait for a build that has it.',
      },
    )
    this.incompatible = incompatible
  }
}

/** `7 at line 20, 1 at line 31`. */
export function whereOf(lines: readonly LineCount[]): string {
  return lines.map(({ line, count }) => `${count} at line ${line}`).join(', ')
}

/** Every live program that this build cannot run. */
export async function incompatibilities(store: EngineStore, programs: Programs): Promise<readonly Incompatibility[]> {
  const found: Incompatibility[] = []
  for (const live of await store.livePrograms()) {
    const missing = await missingFor(live, store, programs)
    if (missing.length === 0) continue
    const lines = await store.linesOf(live.hash)
    found.push({ ...live, count: lines.reduce((sum, { count }) => sum + count, 0), lines, missing })
  }
  return found
}

async function missingFor(live: LiveProgram, store: EngineStore, programs: Programs): Promise<readonly string[]> {
  const definition = programs.definition(live.definition)
  if (definition === undefined) return ['the process is not defined']
  const stored = await store.getProgram(live.hash)
  if (stored === undefined) return programs.has(live.hash) ? [] : ['its program is not stored']
  const refusal = programs.has(live.hash) ? undefined : programs.refusal(stored)
  if (refusal !== undefined) return [refusal]
  const known = programs.has(live.hash)
  return missingIn(parseProgram(stored.text), definition.inject, (origin) => known || programs.hasOrigin(origin))
}
