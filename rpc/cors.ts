/** What a page of another origin must be allowed to send and to read, so that a browser calls over Connect and gRPC-Web. */
import { cors } from '@connectrpc/connect'

/**
 * For the HTTP port: `HttpFeature({ cors: { origin: 'https://shop.example', ...rpcCors } })`. Metadata of your own needs its
 * names added to the lists.
 */
export const rpcCors: { readonly allowHeaders: readonly string[]; readonly exposeHeaders: readonly string[] } = {
  allowHeaders: [...cors.allowedHeaders, 'Authorization'],
  exposeHeaders: [...cors.exposedHeaders, 'X-Request-Id'],
}
