/** `FetchHandlers`: how another transport (RPC, a webhook receiver) is served on the HTTP port without knowing HTTP's room. */
import { defineContribution } from '../container/contribution.ts'

export interface FetchHandler {
  /** For messages and listings. */
  readonly name: string
  /** True for the requests that this handler answers; asked before routes are matched. */
  matches(request: Request): boolean
  /** Answers a request that matches, inside the app's context; opens its own cell. */
  fetch(request: Request): Promise<Response> | Response
  /** Called once when the port takes no new requests and waits for open ones: streams should come to an end. */
  drain?(): void
}

export abstract class FetchHandlers extends defineContribution<FetchHandler>('FetchHandlers') {}
