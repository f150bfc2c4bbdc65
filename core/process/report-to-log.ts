/** The engine's events as lines of the app's log: failed and quarantined processes with their path, line, error and what to do. */
import { describeEvent, type EngineEvent } from '@justscale/engine'
import type { Logger } from '../log/logger.ts'

export function reportToLog(logger: Logger): (event: EngineEvent) => void {
  return (event) => {
    const described = describeEvent(event)
    if (described === undefined) return
    const { level, text, hint } = described
    const { kind: _kind, ...facts } = event
    const fields = { ...facts, ...(hint === undefined ? {} : { hint }) }
    if (level === 'error') logger.error(text, fields)
    else if (level === 'warning') logger.warn(text, fields)
    else logger.info(text, fields)
  }
}
