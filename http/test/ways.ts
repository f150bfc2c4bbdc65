/** The two ways to an app: over a socket, and as a function. What holds for one holds for the other. */
import type { Application } from '@justscale/core'
import { HttpServer } from '../index.ts'

export const ways = ['a socket', 'no socket'] as const
export type Way = (typeof ways)[number]
export type Call = (path: string, init?: RequestInit) => Promise<Response>

/** Redirects are not followed, bodies not decompressed. */
export function caller(app: Application<unknown>, way: Way): Call {
  return async (path, init) => {
    const server = (await (app as Application<typeof HttpServer>).resolve(HttpServer)) as HttpServer
    const options = { redirect: 'manual', decompress: false, ...init } as RequestInit
    return way === 'a socket' ? fetch(server.url + path, options) : server.fetch(path, options)
  }
}

export const json = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})
