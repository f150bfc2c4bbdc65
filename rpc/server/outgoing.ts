/**
 * Answers on their way out: made a message of the method's type and encoded once before the protocol does it, so that one
 * that does not fit its schema fails as the handler's own mistake, in its cell and in the log, and not in the caller's hands.
 */
import { create, isMessage, toBinary, toJsonString, type DescMessage, type Registry } from '@bufbuild/protobuf'
import type { HandlerContext } from '@connectrpc/connect'
import type { Init } from './invoke.ts'

/** Turns what a handler answers into what its transport sends. */
export type Outgoing<Sent> = (answer: Init) => Sent

/** For transports that encode by themselves: throws what their encoding would throw. */
export function fitting(output: DescMessage, context: Asked, registry: Registry): Outgoing<Init> {
  const json = asksForJson(context)
  return (answer) => {
    const message = isMessage(answer, output) ? answer : create(output, answer)
    // JSON would take numbers that the type does not have.
    toBinary(output, message)
    if (json) toJsonString(output, message, { registry })
    return message
  }
}

type Asked = Pick<HandlerContext, 'requestHeader' | 'requestMethod' | 'url'>

function asksForJson({ requestHeader, requestMethod, url }: Asked): boolean {
  if (requestMethod === 'GET') return new URL(url).searchParams.get('encoding') === 'json'
  return /[/+]json\b/.test(requestHeader.get('content-type') ?? '')
}
