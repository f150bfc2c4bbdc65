/**
 * The HTTP/2 connection of a gRPC client. Bun's node:http2 ends what is still being sent, cleanly, before it resets a
 * stream: a server would take a cancelled client stream for a complete one. Here a cancelled stream is only reset.
 */
import { Http2SessionManager } from '@connectrpc/connect-node'
import { constants, type ClientHttp2Stream } from 'node:http2'
import type { ClientTlsOptions } from './client-options.ts'

export class Http2Sessions extends Http2SessionManager {
  constructor(baseUrl: string, tls: ClientTlsOptions | undefined) {
    super(baseUrl, undefined, tls && { ...tls })
  }

  override async request(...call: Parameters<Http2SessionManager['request']>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...call)
    const close = stream.close.bind(stream)
    stream.close = (code, callback) => {
      if (code !== undefined && code !== constants.NGHTTP2_NO_ERROR) stream.end = () => stream
      close(code, callback)
    }
    return stream
  }
}
