/** gRPC over TLS, with and without certificates of clients. Certificates are made by the openssl program. */
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Client, credentials, type ChannelCredentials } from '@grpc/grpc-js'
import { createRpcClient, RpcServer, type TlsOptions } from '../index.ts'
import { greeterApp } from './greeter-app.ts'
import { GreeterContract, HelloReplySchema, HelloRequestSchema } from './greeter.ts'

const folder = mkdtempSync(join(tmpdir(), 'rpc-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(Bun.which('openssl') === null)('gRPC over TLS (needs openssl)', () => {
  test('a client that trusts the certificate is answered, one that does not is refused', async () => {
    const own = certificate('server')
    await serving({ key: own.key, cert: own.cert }, async (port) => {
      expect(await sayHello(port, credentials.createSsl(Buffer.from(own.cert)))).toBe('Hello, Ada')
      await expect(sayHello(port, credentials.createInsecure())).rejects.toThrow('UNAVAILABLE')
    })
  })

  test('with an authority for clients, only those with its certificate are answered', async () => {
    const own = certificate('server')
    const client = certificate('client')
    await serving({ key: own.key, cert: own.cert, clientCa: client.cert }, async (port) => {
      const known = credentials.createSsl(Buffer.from(own.cert), Buffer.from(client.key), Buffer.from(client.cert))
      expect(await sayHello(port, known)).toBe('Hello, Ada')
      const baseUrl = `https://localhost:${port}`
      const tls = { ca: own.cert, key: client.key, cert: client.cert }
      const ours = createRpcClient(GreeterContract, { baseUrl, protocol: 'grpc', tls })
      expect((await ours.SayHello({ name: 'Ada' })).message).toBe('Hello, Ada')
      await expect(sayHello(port, credentials.createSsl(Buffer.from(own.cert)))).rejects.toThrow()
    })
  })
})

function certificate(name: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const command = [
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    ...subject,
    '-keyout',
    key,
    '-out',
    cert,
  ]
  if (!Bun.spawnSync(command, { stderr: 'ignore' }).success) throw new Error('openssl made no certificate')
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

async function serving(tls: TlsOptions, body: (port: number) => Promise<void>): Promise<void> {
  const app = greeterApp({ tls })
  await app.start()
  await body((await app.resolve(RpcServer)).port ?? 0)
  await app.stop()
}

async function sayHello(port: number, channel: ChannelCredentials): Promise<string> {
  const client = new Client(`localhost:${port}`, channel)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  client.makeUnaryRequest(
    '/greeter.v1.Greeter/SayHello',
    (name: string) => Buffer.from(toBinary(HelloRequestSchema, create(HelloRequestSchema, { name }))),
    (bytes: Buffer) => fromBinary(HelloReplySchema, bytes).message,
    'Ada',
    (error, message) => (error ? reject(error) : resolve(message ?? '')),
  )
  return promise.finally(() => client.close())
}
