/** A wire between a client and a server that counts the bytes in both directions. */
import { connect, createServer, type AddressInfo } from 'node:net'

export interface MeteredWire {
  /** `host:port` to call in place of the server. */
  readonly address: string
  /** Bytes from the client, so far. */
  readonly sent: number
  /** Bytes from the server, so far. */
  readonly received: number
  close(): void
}

export async function meteredWire(target: string): Promise<MeteredWire> {
  const [host = '', port] = target.split(':')
  const count = { sent: 0, received: 0 }
  const server = createServer((client) => {
    const onward = connect(Number(port), host)
    client.on('data', (chunk) => void (count.sent += chunk.length))
    onward.on('data', (chunk) => void (count.received += chunk.length))
    client.pipe(onward).pipe(client)
    client.on('error', () => onward.destroy())
    onward.on('error', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get sent() {
      return count.sent
    },
    get received() {
      return count.received
    },
    close: () => void server.close(),
  }
}
