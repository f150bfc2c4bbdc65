/** Control commands as they lie in an inbox (`via: 'control'`): JSON text, the reason of a cancellation in base64. */
import type { ControlCommand } from './records.ts'

export function encodeControl(command: ControlCommand): Uint8Array {
  const reason = 'reason' in command ? { reason: command.reason.toBase64() } : {}
  return new TextEncoder().encode(JSON.stringify({ kind: command.kind, ...reason }))
}

export function decodeControl(payload: Uint8Array): ControlCommand {
  const { kind, reason } = JSON.parse(new TextDecoder().decode(payload)) as {
    kind: ControlCommand['kind']
    reason?: string
  }
  return kind === 'cancel' || kind === 'terminate' ? { kind, reason: Uint8Array.fromBase64(reason ?? '') } : { kind }
}
