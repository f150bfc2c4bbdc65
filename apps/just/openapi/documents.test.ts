/** Documents by the word of independent validators. */
import { describe, expect, test } from 'bun:test'
import { OpenApi } from '@justscale/http'
import { documentFaults } from './test/document-faults.ts'
import { wideApp } from './test/wide-app.ts'

test('the document of every kind of route and schema is valid', async () => {
  const document = await (await wideApp.resolve(OpenApi)).document()
  expect(Object.keys(document.paths).length).toBeGreaterThan(15)
  expect(await documentFaults(document)).toEqual([])
}, 30_000)

describe('the validators find', () => {
  const minimal = {
    openapi: '3.1.0',
    info: { title: 'A', version: '1' },
    paths: { '/a/{b}': { get: operation() } },
    components: { schemas: {} },
  }
  function operation(schema: object = { type: 'string' }, change: object = {}) {
    const parameters = [{ name: 'b', in: 'path', required: true, schema }]
    return { operationId: 'a', parameters, responses: { 200: { description: 'OK' } }, ...change }
  }
  const withOperation = (get: object) => ({ ...minimal, paths: { '/a/{b}': { get } } })

  test('nothing in a valid one', async () => {
    expect(await documentFaults(minimal)).toEqual([])
  })

  test.each([
    ['a key that is none', { ...minimal, infos: 1 }],
    ['an answer without a description', withOperation(operation({}, { responses: { 200: {} } }))],
    ['a type that is none', withOperation(operation({ type: 'text' }))],
    ['a keyword that is none', withOperation(operation({ nullable: true }))],
    ['a reference to nothing', withOperation(operation({ $ref: '#/components/schemas/Gone' }))],
    ['a parameter that is not declared', withOperation(operation({}, { parameters: [] }))],
    ['a security scheme that is none', withOperation(operation({}, { security: [{ gone: [] }] }))],
    ['two operations of one name', { ...minimal, paths: { '/a/{b}': { get: operation(), put: operation() } } }],
  ])('%s', async (_, document) => {
    expect(await documentFaults(document)).not.toEqual([])
  })
})
