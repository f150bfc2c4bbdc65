/** `google.protobuf.Any` as JSON, which needs to know the types that it may hold: those of the contract and its imports. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt'
import { createController, JustScale } from '@justscale/core'
import { createRpcClient, RpcFeature, RpcServer } from '../index.ts'
import { BookSchema, ParcelsContract } from '../fixtures/parcel.proto'

const parcels = createController.implements(ParcelsContract).create({
  methods: () => ({
    Send: ({ body }) => body,
    async *SendAll({ body }) {
      yield* body
    },
  }),
})
const app = JustScale()
  .add(parcels)
  .add(RpcFeature({ port: false }))
  .build()
let http: ReturnType<typeof Bun.serve>

beforeAll(async () => {
  await app.start()
  const { fetchHandler } = await app.resolve(RpcServer)
  http = Bun.serve({ port: 0, fetch: (request) => fetchHandler.fetch(request) })
})
afterAll(async () => {
  await http.stop(true)
  await app.stop()
})

test('a call of JSON', async () => {
  const headers = { 'content-type': 'application/json' }
  const call = async (content: object) => {
    const body = JSON.stringify({ content })
    return (await fetch(`${http.url}parcel.v1.Parcels/Send`, { method: 'POST', headers, body })).json()
  }
  const book = { '@type': 'type.googleapis.com/parcel.v1.Book', title: 'Emma' }
  expect(await call(book)).toEqual({ content: book })
  const time = { '@type': 'type.googleapis.com/google.protobuf.Timestamp', value: '2024-01-01T00:00:00Z' }
  expect(await call(time)).toEqual({ content: time })
  expect(await call({ '@type': 'type.googleapis.com/parcel.v1.Nothing' })).toMatchObject({ code: 'invalid_argument' })
})

test('our client, with JSON on the wire', async () => {
  const client = createRpcClient(ParcelsContract, { baseUrl: http.url.origin, json: true })
  const content = anyPack(BookSchema, create(BookSchema, { title: 'Emma' }))
  const answer = await client.Send({ content })
  expect(answer.content && anyUnpack(answer.content, BookSchema)).toMatchObject({ title: 'Emma' })
  const all = await Array.fromAsync(
    client.SendAll(
      (async function* () {
        yield { content }
      })(),
    ),
  )
  expect(all).toEqual([answer])
})
